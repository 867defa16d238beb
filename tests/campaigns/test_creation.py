"""Campaigns are made with their first codes, or not at all."""

from datetime import timedelta

import pytest

from campaigns.creation import set_active
from campaigns.generation import MOST_CODES
from campaigns.models import Campaign, Voucher
from campaigns.reading import find_campaign, find_voucher
from campaigns.vouchers import add_random_code
from common.refusals import Duplicate, InvalidPayload, NotFound, Refusal
from projects.models import AuditEntry
from tests.world import NOW, TESTER, a_definition, a_loyalty_programme, a_published_code, a_referral_programme


def test_a_campaign_is_made_with_its_first_codes(project):
    club = a_loyalty_programme(project, vouchers_count=20)

    assert (club.vouchers.count(), club.active, club.join_once) == (20, True, True)


def test_a_name_is_taken_once_in_a_project(project, mallorys_project):
    a_loyalty_programme(project, "Club")
    a_loyalty_programme(mallorys_project, "Club")

    with pytest.raises(Duplicate, match=r"^Duplicated campaign exists with name Club$"):
        a_referral_programme(project, None, name="Club")

    assert Campaign.objects.filter(project=project).count() == 1


@pytest.mark.parametrize("count", [-1, MOST_CODES + 1, 2**62])
def test_too_many_codes_at_once_are_refused(project, count):
    with pytest.raises(InvalidPayload, match=r"^Property .vouchers_count must be from 0 to 100000$"):
        a_loyalty_programme(project, vouchers_count=count)

    assert Campaign.objects.count() == 0


def test_a_pattern_with_too_few_codes_makes_no_campaign(project):
    with pytest.raises(Refusal) as refused:
        a_loyalty_programme(project, vouchers_count=5, code_config={"pattern": "C-#", "charset": "AB"})

    assert (refused.value.key, Campaign.objects.count(), Voucher.objects.count()) == ("invalid_code_config", 0, 0)
    assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize("days", [0, -1])
def test_a_campaign_ends_after_it_starts(project, days):
    with pytest.raises(InvalidPayload) as refused:
        a_loyalty_programme(project, start_date=NOW, expiration_date=NOW + timedelta(days=days))

    assert [error.path for error in refused.value.errors] == ["expiration_date"]


@pytest.mark.parametrize(
    ("start", "end", "open_at"),
    [
        (None, None, [-1, 0, 1]),
        (0, None, [0, 1]),
        (None, 0, [-1]),
        (0, 1, [0]),
        (-1, 1, [-1, 0]),
    ],
)
def test_a_window_includes_its_start_and_excludes_its_end(project, start, end, open_at):
    days = {number: NOW + timedelta(days=number) for number in (-1, 0, 1)}
    club = a_loyalty_programme(project, start_date=days.get(start), expiration_date=days.get(end))

    assert [number for number, moment in days.items() if club.is_open_at(moment)] == open_at


def test_a_random_code_is_added_until_the_pattern_is_used_up(project):
    club = a_loyalty_programme(project, code_config={"pattern": "ONE"})

    assert add_random_code(club, by=TESTER).code == "ONE"
    with pytest.raises(Refusal, match=r"^The code configuration allows no further code$"):
        add_random_code(club, by=TESTER)


def test_a_campaign_is_switched_off_and_on(project):
    club = a_loyalty_programme(project)

    set_active(club, False, by=TESTER, now=NOW)
    off = Campaign.objects.get().active
    set_active(club, True, by=TESTER, now=NOW)

    actions = AuditEntry.objects.filter(target_id=club.public_id).order_by("id").values_list("action", flat=True)
    assert (off, Campaign.objects.get().active) == (False, True)
    assert list(actions) == ["campaign.created", "campaign.disabled", "campaign.enabled"]


def test_a_campaign_is_found_by_id_and_by_name(project, mallorys_project):
    club = a_loyalty_programme(project, "Club / Gold é")

    assert [find_campaign(project, name) for name in (club.public_id, "Club / Gold é")] == [club, club]
    for name in (club.public_id, "Club / Gold é"):
        with pytest.raises(NotFound):
            find_campaign(mallorys_project, name)


def test_a_voucher_is_found_by_code_and_by_id_in_its_campaign_alone(project, mallorys_project):
    referrals = a_referral_programme(project, a_definition(project, "signed_up"))
    club = a_loyalty_programme(project)
    voucher = a_published_code(referrals, "NRY-01", to="ada")

    names = (voucher.public_id, "NRY-01", "nry-01")

    assert [find_voucher(project, name, referrals) for name in names] == [voucher] * 3
    for elsewhere in ((project, club), (mallorys_project, None)):
        for name in names:
            with pytest.raises(NotFound):
                find_voucher(elsewhere[0], name, elsewhere[1])
