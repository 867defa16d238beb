"""An installation that cannot be meant is refused at start."""

import pytest

from common.checks import check_paths, check_settings
from events.chain import Reaction


def ids(found):
    return [message.id for message in found]


def test_the_settings_of_the_tests_can_be_meant(settings):
    settings.SECRET_KEY = "x" * 32

    assert ids(check_settings()) == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"SECRET_KEY": "x" * 31}, "boon.E001"),
        ({"DEBUG": True, "ALLOWED_HOSTS": ["boon.example", "localhost"]}, "boon.E002"),
        ({"ALLOWED_HOSTS": []}, "boon.E003"),
        ({"LOG_LEVEL": "LOUD"}, "boon.E004"),
        ({"ADMIN_THEME": "pink"}, "boon.E006"),
        ({"RATE_LIMIT_PER_MINUTE": -1}, "boon.E007"),
        ({"STATEMENT_TIMEOUT_SECONDS": -1}, "boon.E007"),
        ({"LOCK_TIMEOUT_SECONDS": -1}, "boon.E007"),
        ({"PUBLIC_URL": "boon.example"}, "boon.E008"),
        ({"PUBLIC_URL": "ftp://boon.example"}, "boon.E008"),
        ({"PUBLIC_URL": "https://"}, "boon.E008"),
        ({"PUBLIC_URL": "https://boon.example:port"}, "boon.E008"),
        ({"PUBLIC_URL": "https://boon.example/?a=1"}, "boon.E008"),
        ({"PUBLIC_URL": "https://boon.example>, <https://evil.example"}, "boon.E008"),
        ({"PUBLIC_URL": "https://b\u00fccher.example"}, "boon.E008"),
        ({"PUBLIC_URL": "http://boon.example", "BEHIND_TLS": True}, "boon.E008"),
        ({"SLOW_BATCHES": 0}, "boon.E009"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_an_error(settings, changes, error):
    settings.SECRET_KEY = "x" * 32
    for name, value in changes.items():
        setattr(settings, name, value)

    assert ids(check_settings()) == [error]


@pytest.mark.parametrize(
    "changes",
    [
        {"PUBLIC_URL": "https://boon.example/rewards/", "BEHIND_TLS": True},
        {"PUBLIC_URL": "http://boon.example:8000"},
        {"PUBLIC_URL": "http://127.0.0.1:8000", "BEHIND_TLS": True},
    ],
)
def test_an_address_that_links_can_begin_with_can_be_meant(settings, changes):
    settings.SECRET_KEY = "x" * 32
    for name, value in changes.items():
        setattr(settings, name, value)

    assert ids(check_settings()) == []


def test_another_database_is_an_error(settings, monkeypatch):
    settings.SECRET_KEY = "x" * 32
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.mysql")

    assert ids(check_settings()) == ["boon.E005"]


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("nowhere.at.all", "cannot be imported"),
        ("referrals.reactions.Nothing", "cannot be imported"),
        ("referrals.reactions.find_by_codes", "is not a Reaction"),
        ("customers.models.Customer", "is not a Reaction"),
    ],
)
def test_a_path_that_leads_nowhere_is_an_error(settings, path, complaint):
    settings.EVENT_REACTIONS = ["referrals.reactions.ConvertReferrals", path]

    found = check_paths("EVENT_REACTIONS", Reaction, "boon.E010")

    assert (ids(found), complaint in found[0].msg, path in found[0].msg) == (["boon.E010"], True, True)
