"""Operators' commands."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from loyalty.models import LoyaltyCard
from projects.keys import find_key
from projects.models import Project
from tests.world import a_definition, a_loyalty_programme, a_rule, accept, an_event

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_create_project_answers_its_id():
    answer = json.loads(run("create_project", "Corner shop", "--time-zone", "Europe/Berlin", "--json"))

    project = Project.objects.get(slug="corner-shop")
    assert answer == {"id": project.public_id, "name": "Corner shop"}
    assert project.time_zone == "Europe/Berlin"


def test_create_project_refuses_a_time_zone_that_does_not_exist():
    with pytest.raises(CommandError, match="Mars/Olympus"):
        run("create_project", "Corner shop", "--time-zone", "Mars/Olympus")

    assert not Project.objects.exists()


@pytest.mark.parametrize("name", ["slug", "public_id"])
def test_create_api_key_makes_a_key_that_works(project, name):
    answer = json.loads(
        run("create_api_key", "--project", getattr(project, name), "--kind", "server", "--label", "Till", "--json")
    )

    key = find_key("server", answer["id"], answer["token"])
    assert (key.project, key.label, answer["kind"]) == (project, "Till", "server")


def test_create_api_key_refuses_a_domain_that_is_none(project):
    with pytest.raises(CommandError, match="“https://shop/x” is neither"):
        run("create_api_key", "--project", project.slug, "--kind", "client", "--trusted-domain", "https://shop/x")


@pytest.mark.parametrize(("options", "limit"), [([], None), (["--rate-limit", "0"], 0), (["--rate-limit", "90"], 90)])
def test_create_api_key_limits_the_key(project, options, limit):
    answer = json.loads(run("create_api_key", "--project", project.slug, "--kind", "server", "--json", *options))

    assert find_key("server", answer["id"], answer["token"]).rate_limit == limit


def test_create_api_key_refuses_a_limit_that_cannot_be_meant(project):
    with pytest.raises(CommandError, match="rate_limit must be a whole number from 0 to 1000000"):
        run("create_api_key", "--project", project.slug, "--kind", "server", "--rate-limit", "-1")


def test_create_api_key_refuses_an_unknown_project():
    with pytest.raises(CommandError, match="no project nowhere"):
        run("create_api_key", "--project", "nowhere", "--kind", "server")


def test_list_reactions_says_who_reacts_in_order():
    reactions = json.loads(run("list_reactions", "--json"))

    assert [reaction["path"] for reaction in reactions] == [
        "referrals.reactions.ConvertReferrals",
        "loyalty.reactions.EarnPoints",
        "segments.reactions.RefreshMemberships",
        "distributions.reactions.ScheduleDeliveries",
    ]
    assert run("list_reactions").startswith("1. referrals.reactions.ConvertReferrals: Converts the referral codes")


def test_check_ledger_is_content_with_right_books(project):
    earn_ten_points(project)

    assert json.loads(run("check_ledger", "--json")) == {"cards": 1, "entries": 1, "problems": []}
    assert run("check_ledger") == "1 cards, 1 entries: all add up\n"


def test_check_ledger_names_the_card_and_fails_where_a_balance_was_changed(project):
    earn_ten_points(project)
    LoyaltyCard.objects.update(balance=11)

    out = StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command("check_ledger", stdout=out)

    card = LoyaltyCard.objects.get()
    assert exit_.value.code == 1
    assert out.getvalue().splitlines() == [
        f"card {card.voucher.public_id} shows balance 11 and lifetime 10, its entries add up to 10 and 10",
        "1 cards, 1 entries: 1 problems",
    ]


def earn_ten_points(project):
    a_rule(a_loyalty_programme(project), a_definition(project, "signed_up"), points=10)
    accept(project, an_event())
