"""Referral and loyalty programmes, their codes and rules, made by marketers."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.deletion import delete_campaign, delete_voucher
from campaigns.models import Campaign, Publication, Voucher
from campaigns.vouchers import add_code
from eventschema.models import EventDefinition
from outbox.relay import handle_due
from projects.models import AuditEntry, Project
from referrals.models import ReferralProgram, ReferralTier
from tests.admin.forms import errors_of, messages_of, posted
from tests.factories import CustomerFactory
from tests.world import (
    NOW,
    TESTER,
    a_coupon_campaign,
    a_definition,
    a_gift_campaign,
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


def test_coupons_and_gift_cards_are_made_from_one_form(marketer: Client, project: Project):
    both = {"project": project.pk, "type": "STATIC", "pattern": "", "vouchers_count": "2"}
    coupons = both | {"name": "Sale", "campaign_type": "DISCOUNT_COUPONS", "percent_off": "12.50"}
    cards = both | {"name": "Cards", "campaign_type": "GIFT_VOUCHERS", "gift_amount": "5000"}

    for sent in (coupons, cards):
        assert errors_of(posted(marketer, "campaigns_campaign_add", sent)) == {}
    answer = posted(marketer, "campaigns_campaign_add", cards | {"name": "More", "gift_amount": ""})

    assert [(row.type, row.discount, row.gift) for row in Voucher.objects.order_by("pk")][::2] == [
        ("DISCOUNT_VOUCHER", {"type": "PERCENT", "percent_off": Decimal("12.5")}, None),
        ("GIFT_VOUCHER", None, {"amount": 5000, "effect": "APPLY_TO_ORDER"}),
    ]
    assert errors_of(answer) == {"gift_amount": ["This field is required."]}


def test_many_codes_are_made_by_the_worker_while_the_page_tells(marketer: Client, project: Project):
    sale = a_coupon_campaign(project)
    page = reverse("admin:campaigns_campaign_change", args=[sale.pk])

    posted(marketer, "campaigns_campaign_add-codes", {"count": "150"}, sale.pk)
    waiting = marketer.get(page).content.decode()
    handle_due()

    assert ("Codes being made: 0 %" in waiting, sale.vouchers.count()) == (True, 150)
    assert "Codes last made: 150" in marketer.get(page).content.decode()


def test_codes_of_a_file_are_imported(marketer: Client, project: Project):
    sale = a_coupon_campaign(project)
    good, bad = (SimpleUploadedFile("codes.csv", content) for content in (b"Code\nA\nB\n", b"Name\nA\n"))

    assert errors_of(posted(marketer, "campaigns_campaign_import", {"file": good}, sale.pk)) == {}
    answer = posted(marketer, "campaigns_campaign_import", {"file": bad}, sale.pk)
    handle_due()

    assert errors_of(answer) == {"file": ["The first line must have a heading 'Code'"]}
    assert sorted(sale.vouchers.values_list("code", flat=True)) == ["A", "B"]


def test_the_balance_of_a_gift_card_is_changed_and_shown(marketer: Client, project: Project):
    card = add_code(a_gift_campaign(project), "GIFT-1", by=TESTER)

    posted(marketer, "campaigns_voucher_balance", {"amount": "-300", "reason": "Sorry"}, card.pk)
    answer = posted(marketer, "campaigns_voucher_balance", {"amount": "-701"}, card.pk)

    assert errors_of(answer) == {"__all__": ["The gift card holds 700"]}
    panel = marketer.get(reverse("admin:campaigns_voucher_change", args=[card.pk])).context["boon_panels"][0]
    assert panel.title == "Credits: 700"
    assert [row[1:] for row in panel.rows] == [
        ["-300", "700", "Removed by hand", "Sorry"],
        ["+1000", "1000", "What the card starts with", ""],
    ]


def test_what_is_deleted_is_in_no_list_but_keeps_its_page(marketer: Client, project: Project):
    sale = a_coupon_campaign(project)
    code = a_published_code(sale, "ADA-1", to="ada")
    delete_campaign(sale, force=False, by=TESTER, request_id="", now=NOW)
    delete_voucher(code, now=NOW, by=TESTER)

    for model, row in (("campaigns_campaign", sale), ("campaigns_voucher", code)):
        assert list(marketer.get(reverse(f"admin:{model}_changelist")).context["cl"].result_list) == []
        assert marketer.get(reverse(f"admin:{model}_change", args=[row.pk])).status_code == 200
