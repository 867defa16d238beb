"""Referral and loyalty programmes, their codes and rules, made by marketers."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, Publication, Voucher
from eventschema.models import EventDefinition
from projects.models import AuditEntry, Project
from referrals.models import ReferralProgram, ReferralTier
from tests.admin.forms import errors_of, messages_of, posted
from tests.factories import CustomerFactory
from tests.world import (
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    accept,
    an_event,
    balances,
    customer,
)

CLUB = {
    "name": "Club",
    "initial_points": "10",
    "auto_join": "on",
    "type": "AUTO_UPDATE",
    "pattern": "",
    "vouchers_count": "0",
}
FRIENDS = {
    "name": "Friends",
    "percent_off": "10",
    "type": "AUTO_UPDATE",
    "pattern": "FRIEND-####",
    "vouchers_count": "2",
}


def tiers(*amounts: Any, campaign: Campaign | None = None, initial: int = 0) -> dict[str, Any]:
    """The inline of rewards as Django's formset posts it."""
    data: dict[str, Any] = {"tiers-TOTAL_FORMS": str(len(amounts)), "tiers-INITIAL_FORMS": str(initial)}
    for index, amount in enumerate(amounts):
        data |= {f"tiers-{index}-amount": amount, f"tiers-{index}-active": "on"}
        data[f"tiers-{index}-reward_campaign"] = campaign.pk if campaign else ""
    return data


@pytest.fixture
def signed_up(project: Project) -> EventDefinition:
    return a_definition(project, "signed_up")


@pytest.fixture
def club(project: Project) -> Campaign:
    return a_loyalty_programme(project, "Club")


def test_a_loyalty_programme_is_made_from_one_form(marketer: Client, project: Project):
    sent = CLUB | {"project": project.pk, "pattern": "CLUB-####", "start_date": "2026-11-01T00:00"}

    posted(marketer, "loyalty_loyaltyprogram_add", sent)

    campaign = Campaign.objects.get(name="Club")
    assert campaign.loyalty_program.initial_points == 10
    assert (campaign.auto_join, campaign.code_config, campaign.start_date.isoformat()) == (
        True,
        {"pattern": "CLUB-####"},
        "2026-11-01T00:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"name": ""}, {"name": ["This field is required."]}),
        ({"initial_points": "-1"}, {"initial_points": ["Ensure this value is greater than or equal to 0."]}),
        ({"pattern": "SAME"}, {"pattern": ["A pattern needs at least one #, or all codes would be the same."]}),
        (
            {"start_date": "2026-11-02T00:00", "expiration_date": "2026-11-01T00:00"},
            {"expiration_date": ["Must be after .start_date"]},
        ),
        (
            {"pattern": "X#", "vouchers_count": "500"},
            {"__all__": ["The code configuration does not allow that many codes"]},
        ),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    change: dict[str, str], errors: dict[str, list[str]], marketer: Client, project: Project
):
    answer = posted(marketer, "loyalty_loyaltyprogram_add", CLUB | {"project": project.pk} | change)

    assert errors_of(answer) == errors
    assert not Campaign.objects.exists()


def test_a_name_in_use_is_said_at_the_name(marketer: Client, project: Project, club: Campaign):
    answer = posted(marketer, "loyalty_loyaltyprogram_add", CLUB | {"project": project.pk})

    assert errors_of(answer) == {"name": ["This name is in use in this project already."]}


def test_a_referral_programme_is_made_with_its_rewards(
    marketer: Client, project: Project, signed_up: EventDefinition, club: Campaign
):
    sent = FRIENDS | {
        "project": project.pk,
        "definition": signed_up.pk,
        "referee_reward_amount": "50",
        "referee_reward_campaign": club.pk,
    }

    posted(marketer, "referrals_referralprogram_add", sent | tiers(100, 7, campaign=club))

    program = ReferralProgram.objects.get()
    codes = list(program.campaign.vouchers.values_list("code", flat=True))
    assert (program.definition, program.referee_reward_campaign, program.referee_reward_amount) == (
        signed_up,
        club,
        50,
    )
    assert sorted(program.tiers.values_list("amount", "criterion")) == [(7, "EACH"), (100, "EACH")]
    assert [bool(re.fullmatch(r"FRIEND-\w{4}", code)) for code in codes] == [True, True]
    assert program.campaign.voucher_template["discount"] == {"type": "PERCENT", "percent_off": 10}


def test_a_programme_made_here_pays_both_sides(
    marketer: Client, project: Project, signed_up: EventDefinition, club: Campaign
):
    sent = FRIENDS | {"project": project.pk, "definition": signed_up.pk, "vouchers_count": "0"}
    reward = {"referee_reward_amount": "50", "referee_reward_campaign": club.pk}
    posted(marketer, "referrals_referralprogram_add", sent | reward | tiers(100, campaign=club))
    a_published_code(Campaign.objects.get(name="Friends"), "ADA", to="ada")

    accept(project, an_event("signed_up", by="ben", referral={"code": "ADA"}))

    assert balances(project) == {"ada": 100, "ben": 50}


def test_points_without_a_programme_to_hold_them_are_refused(
    marketer: Client, project: Project, signed_up: EventDefinition
):
    sent = FRIENDS | {"project": project.pk, "definition": signed_up.pk, "referee_reward_amount": "50"}

    answer = posted(marketer, "referrals_referralprogram_add", sent | tiers())

    assert errors_of(answer) == {
        "referee_reward_campaign": ["Points need a loyalty programme, and a loyalty programme needs points."]
    }


def test_drafts_and_referral_campaigns_are_not_offered(marketer: Client, project: Project, club: Campaign):
    EventDefinition.objects.create(project=project, name="only_a_draft")
    friends = a_referral_programme(project, a_definition(project, "bought"), name="Friends")

    form = marketer.get(reverse("admin:referrals_referralprogram_add")).context["adminform"].form

    assert [str(row) for row in form.fields["definition"].queryset] == ["bought"]
    assert friends not in form.fields["referee_reward_campaign"].queryset


def test_rewards_of_the_referrer_are_changed_and_added_later(
    marketer: Client, project: Project, signed_up: EventDefinition, club: Campaign
):
    program = a_referral_programme(project, signed_up, club=club, referrer_points=100).referral_program
    first = program.tiers.get()
    sent = tiers(150, 20, campaign=club, initial=1) | {"tiers-0-id": first.pk, "tiers-0-program": program.pk}

    posted(marketer, "referrals_referralprogram_change", sent, program.pk)

    assert list(ReferralTier.objects.values_list("amount", flat=True)) == [150, 20]
    actions = AuditEntry.objects.filter(target_type="referral_tier").order_by("id").values_list("action", flat=True)
    assert list(actions)[-2:] == ["referral_tier.updated", "referral_tier.created"]


def test_a_campaign_is_switched_off_and_on(marketer: Client, club: Campaign):
    for action in ("disable", "enable"):
        posted(marketer, "campaigns_campaign_changelist", {"action": action, "_selected_action": [club.pk]})

    actions = AuditEntry.objects.filter(target_type="campaign").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["campaign.created", "campaign.disabled", "campaign.enabled"]


@pytest.mark.parametrize(("asked", "made"), [("ADA-1", "ADA-1"), ("", r"\w{8}")])
def test_a_code_is_added(asked: str, made: str, marketer: Client, club: Campaign):
    posted(marketer, "campaigns_campaign_add-code", {"code": asked}, club.pk)

    assert re.fullmatch(made, Voucher.objects.get().code)


def test_a_code_in_use_comes_back_in_the_form(marketer: Client, club: Campaign):
    posted(marketer, "campaigns_campaign_add-code", {"code": "ADA-1"}, club.pk)

    answer = posted(marketer, "campaigns_campaign_add-code", {"code": "ada-1"}, club.pk)

    assert errors_of(answer) == {"__all__": ["Voucher with code ada-1 already exists"]}


@pytest.mark.parametrize("name", ["ada", "ADA@example.com"])
def test_a_code_is_given_to_a_customer_by_source_id_or_address(
    name: str, marketer: Client, project: Project, club: Campaign
):
    ada = CustomerFactory(project=project, source_id="ada", email="ada@example.com")

    posted(marketer, "campaigns_campaign_publish", {"customer": name, "code": ""}, club.pk)

    publication = Publication.objects.get()
    assert (publication.customer, publication.channel) == (ada, "Admin")
    assert messages_of(marketer) == [f"{ada} has the code {publication.voucher.code} now."]


def test_a_customer_who_has_a_code_is_told_so(marketer: Client, project: Project, club: Campaign):
    CustomerFactory(project=project, source_id="ada", name="Ada")
    posted(marketer, "campaigns_campaign_add-code", {"code": "ADA-1"}, club.pk)
    for _ in range(2):
        posted(marketer, "campaigns_campaign_publish", {"customer": "ada", "code": "ADA-1"}, club.pk)

    assert messages_of(marketer)[-1] == "Ada had a code of this campaign already: ADA-1."


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"customer": "nobody"}, {"customer": ["There is no customer “nobody” in Shop."]}),
        ({"customer": "mallory"}, {"customer": ["There is no customer “mallory” in Shop."]}),
        ({"customer": "twins@example.com"}, {"customer": ["Several customers have this address. Use the source id."]}),
        ({"customer": "ada", "code": "NONE"}, {"__all__": ["Cannot find voucher with id NONE"]}),
    ],
)
def test_giving_a_code_says_what_is_wrong(
    sent: dict[str, str],
    errors: dict[str, list[str]],
    marketer: Client,
    project: Project,
    mallorys_project: Project,
    club: Campaign,
):
    CustomerFactory(project=project, source_id="ada", email="twins@example.com")
    CustomerFactory(project=project, source_id="eva", email="twins@example.com")
    CustomerFactory(project=mallorys_project, source_id="mallory")

    answer = posted(marketer, "campaigns_campaign_publish", sent, club.pk)

    assert errors_of(answer) == errors
    assert not Publication.objects.exists()


def test_codes_are_found_by_code_and_by_holder(marketer: Client, project: Project, club: Campaign):
    a_published_code(club, "ADA-1", to="ada")
    a_published_code(club, "BEN-1", to="ben")
    ada = customer(project, "ada")

    found = [
        [
            str(row)
            for row in marketer.get(reverse("admin:campaigns_voucher_changelist"), query).context["cl"].result_list
        ]
        for query in ({"q": "ben-1"}, {"q": ada.source_id}, {"campaign__id__exact": str(club.pk)})
    ]

    assert found == [["BEN-1"], ["ADA-1"], ["BEN-1", "ADA-1"]]
