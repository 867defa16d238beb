"""Two shops that are alike, what happens in them, and everything that rules and answers read of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from campaigns.codes import insert_vouchers
from campaigns.models import Campaign, Holder, Publication, Voucher
from events.chain import Effect
from events.models import Event, EventVoid, StoredEffect
from events.outcomes import Accepted
from events.voiding import Voided, void_event
from loyalty.balances import adjust_balance
from loyalty.checking import ledger_problems
from loyalty.models import Allocation, LedgerEntry, LoyaltyCard
from projects.audit import Actor
from projects.models import Project
from referrals.models import STANDING, Conversion
from referrals.programs import Reward, TierFields, add_tier
from tests.factories import ProjectFactory
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_loyalty_programme,
    a_proportional_rule,
    a_published_code,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
)

ADA = Actor("user", "ada")
CARDS = [f"C-{number}" for number in range(8)]


def a_shop(*, initial_points: int = 5, tiers: int = 1) -> Project:
    """Sign-ups earn 10 and convert Ada's code NRY-01 (50 for the referee, 100 for Ada); payments earn 1 for 1.

    Its club has eight cards, `C-0` to `C-7`, each given out with 5 points.
    """
    project = ProjectFactory()
    signed_up = a_definition(project, "signed_up")
    paid = a_definition(project, "paid", {"amount": {"type": "number", "optional": False}})
    club = a_loyalty_programme(project, type="STATIC", initial_points=initial_points)
    for code in CARDS:
        insert_vouchers(club, [code])
    a_rule(club, signed_up, points=10, banner="Welcome")
    a_proportional_rule(club, paid, points=1, every="1", of="amount")
    friends = a_referral_programme(project, signed_up, club=club, referee_points=50, referrer_points=100)
    for _ in range(tiers - 1):
        add_tier(friends.referral_program, TierFields(Reward("LOYALTY_CARD", club, 1)), by=TESTER)
    a_published_code(friends, "NRY-01", to="ada")
    return project


def the_club(project: Project) -> Campaign:
    return Campaign.objects.get(project=project, name="Club")


def card_of(project: Project, name: str) -> LoyaltyCard:
    """The card that the customer holds now."""
    return LoyaltyCard.objects.get(project=project, customer__source_id=name, closed_at=None)


def void(event: Event, *, force: bool = False, reason: str = "") -> Voided:
    project = Project.objects.get(pk=event.project_id)
    return void_event(project, event, reason=reason, force=force, by=ADA, group_id="v-void", now=NOW)


def told(effects: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Effects without ids: kind, points or amount, code or card."""
    return [
        (effect["kind"], effect.get("points", effect.get("amount")), effect.get("card") or effect.get("code"))
        for effect in effects
    ]


def state(project: Project) -> dict[str, Any]:
    """Everything that rules and answers read of a project's customers, free of keys and times."""
    cards = LoyaltyCard.objects.filter(project=project, closed_at=None).select_related("voucher", "customer")
    return {
        "cards": sorted(
            (card.voucher.code, card.customer.source_id, card.balance, card.lifetime, left_of(card)) for card in cards
        ),
        "conversions": sorted(
            Conversion.objects.filter(project=project, status__in=STANDING).values_list(
                "voucher__code", "referrer__source_id", "referee__source_id", "status"
            )
        ),
        "holders": sorted(
            Holder.objects.filter(project=project).values_list("voucher__code", "customer__source_id", "role")
        ),
        "publications": sorted(
            Publication.objects.filter(project=project, revoked_at=None).values_list(
                "voucher__code", "customer__source_id", "channel"
            )
        ),
        "codes": list(
            Voucher.objects.filter(project=project)
            .order_by("campaign", "id")
            .values_list("code", "holder__source_id", "active")
        ),
    }


def left_of(card: LoyaltyCard) -> list[tuple[str, int]]:
    """(kind, points left) of every lot of which something is left, in the order in which they are spent."""
    lots = card.entries.filter(points__gt=0).order_by("id").prefetch_related("uses")
    left = [(lot.kind, lot.points - sum(use.points for use in lot.uses.all())) for lot in lots]
    return [(kind, points) for kind, points in left if points]


def happened(accepted: Accepted) -> list[tuple[Any, ...]]:
    """What an event did and what declined it, free of keys; whether its customer was known is left out."""
    return [
        *told(effect.as_json() for effect in accepted.effects if not is_about_profile(effect)),
        *[(skip.kind, str(skip.reason)) for skip in accepted.skips],
    ]


def is_about_profile(effect: Effect) -> bool:
    return effect.kind.startswith("customer.")


def books_are_right() -> bool:
    return list(ledger_problems()) == []


def pay(shop: Project, amount: int, by: str = "ben") -> Event:
    return accept(shop, an_event("paid", by=by, metadata={"amount": amount}))[0].event


def sign_up(shop: Project, by: str = "ben") -> Event:
    """Through Ada's code."""
    return accept(shop, an_event("signed_up", by=by, referral={"code": "NRY-01"}))[0].event


def spend(shop: Project, points: int, by: str = "ben") -> LedgerEntry:
    return adjust_balance(
        card_of(shop, by), -points, reason="A mug", source_id=None, group_id="v-spend", now=NOW, by=TESTER
    )


def rows_of(shop: Project) -> tuple[object, ...]:
    """The state of the shop, and how many rows there are of all that voiding writes."""
    written = [model.objects.count() for model in (StoredEffect, LedgerEntry, Allocation, EventVoid)]
    return (state(shop), *written)
