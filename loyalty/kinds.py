"""The loyalty card as a kind of voucher: how it is opened, shown, and paid as a reward."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Min, Q, Sum

from campaigns.kinds import Balance, BalanceChange, Given, Grant, Report, TakenBack, VoucherKind
from campaigns.models import CampaignType, Publication, Voucher
from common.jsons import JsonObject
from customers.models import Customer
from loyalty.balances import adjust_balance
from loyalty.cards import CardName, find_card, held_cards, join, open_cards
from loyalty.ledger import Posting, in_range, post_entries
from loyalty.models import EntryKind, LedgerEntry, LoyaltyCard, LoyaltyProgram
from loyalty.reports import earned_report
from loyalty.reversal import close_unused, reverse_points
from projects.audit import Actor
from projects.models import Project


class LoyaltyCardKind(VoucherKind):
    campaign_type = CampaignType.LOYALTY_PROGRAM
    reward_type = "LOYALTY_CARD"

    def on_published(self, publications: Sequence[Publication], *, now: datetime) -> Mapping[UUID, Sequence[Report]]:
        """Opens a card for each publication, with the programme's initial points."""
        programs = LoyaltyProgram.objects.in_bulk(_campaign_of(item.voucher) for item in publications)
        cards = [
            LoyaltyCard(
                voucher=item.voucher,
                project=item.project,
                program=programs[_campaign_of(item.voucher)],
                customer=item.customer,
                created_at=now,
            )
            for item in publications
        ]
        open_cards(cards)
        postings = {
            item.pk: Posting(card, EntryKind.ADDITION, card.program.initial_points, f"publication:{item.pk}")
            for card, item in zip(cards, publications, strict=True)
            if card.program.initial_points
        }
        entries = post_entries(publications[0].project, list(postings.values()), now=now)
        return {
            key: [earned_report(entry, posting.card)]
            for (key, posting), entry in zip(postings.items(), entries, strict=True)
            if entry is not None
        }

    def describe(self, vouchers: Sequence[Voucher]) -> Mapping[UUID, JsonObject]:
        """The contract's `loyalty_card` (f.2) and redeemed points, by voucher; two statements."""
        held = LoyaltyCard.objects.filter(closed_at=None)
        cards = held.in_bulk([voucher.pk for voucher in vouchers])
        sums = {
            row["card_id"]: row
            for row in LedgerEntry.objects.filter(card__in=cards)
            .values("card_id")
            .annotate(
                removed=Sum("points", filter=Q(kind=EntryKind.REMOVAL)),
                next_expiry=Min("expires_at", filter=Q(points__gt=0)),
            )
        }
        return {
            voucher.pk: _described(voucher, cards.get(voucher.pk), sums.get(voucher.pk, {})) for voucher in vouchers
        }

    def adjust(self, voucher: Voucher, change: BalanceChange, *, by: Actor, group_id: str, now: datetime) -> Balance:
        """Adds points to the held card, or takes them. Raises Refusal where nobody holds it."""
        entry = adjust_balance(
            find_card(voucher),
            change.amount,
            reason=change.reason,
            source_id=change.source_id,
            by=by,
            group_id=group_id,
            now=now,
        )
        return Balance(entry.points, entry.lifetime_after, entry.balance_after, "loyalty_card")

    def give(self, project: Project, grants: Sequence[Grant], *, now: datetime) -> list[Given]:
        """Adds the points to the customers' cards, opening one where there is none."""
        cards, reports = _cards_for(project, grants, now)
        owed = [grant for grant in grants if (grant.campaign_id, grant.customer_id) in cards]
        postings = [_posting(grant, cards[grant.campaign_id, grant.customer_id]) for grant in owed]
        payable = [pair for pair, fit in zip(zip(owed, postings, strict=True), in_range(postings), strict=True) if fit]
        entries = post_entries(project, [posting for _, posting in payable], now=now)
        paid = {
            grant: (entry, posting.card) for (grant, posting), entry in zip(payable, entries, strict=True) if entry
        }
        problems = dict.fromkeys(owed, "points_out_of_range") | {grant: "" for grant, _ in payable}
        given: list[Given] = []
        for grant in grants:
            # What opening a card made true is told with the first grant that goes to it.
            told = [report for report in reports if report.customer_id == grant.customer_id]
            reports = [report for report in reports if report not in told]
            if grant in paid:
                told.append(earned_report(*paid[grant]))
            card = cards.get((grant.campaign_id, grant.customer_id))
            given.append(
                Given(grant, grant in paid, told, problems.get(grant, "no_card"), card.voucher.code if card else None)
            )
        return given

    def take_back(self, project: Project, told: Sequence[Report], *, now: datetime) -> TakenBack:
        """Reverses the entries of rewards, and closes the cards that were opened for them and are unused."""
        return reverse_points(project, told, EntryKind.REWARD, now=now) + close_unused(project, told, now=now)


def _campaign_of(voucher: Voucher) -> UUID:
    assert voucher.campaign_id is not None  # no card stands alone: campaigns_voucher_may_stand_alone
    return voucher.campaign_id


def _posting(grant: Grant, card: LoyaltyCard) -> Posting:
    return Posting(card, EntryKind.REWARD, grant.amount, grant.source, event_id=grant.event_id)


def _cards_for(
    project: Project, grants: Sequence[Grant], now: datetime
) -> tuple[dict[CardName, LoyaltyCard], list[Report]]:
    """Every card that the grants go to, opened where it is missing, and what opening them made true."""
    customer_ids = {grant.customer_id for grant in grants}
    program_ids = {grant.campaign_id for grant in grants}
    cards = held_cards(project, program_ids, customer_ids)
    wanted = {(grant.campaign_id, grant.customer_id) for grant in grants} - cards.keys()
    if not wanted:
        return cards, []
    programs = LoyaltyProgram.objects.select_related("campaign__project").in_bulk(program_ids)
    customers = Customer.objects.in_bulk({customer_id for _, customer_id in wanted})
    missing = [(program_id, customers[customer_id]) for program_id, customer_id in sorted(wanted)]
    opened, reports = join(programs, missing, now=now)
    return cards | opened, reports


def _described(voucher: Voucher, card: LoyaltyCard | None, sums: Mapping[str, Any]) -> JsonObject:
    template = voucher.campaign.voucher_template.get("loyalty_card") or {} if voucher.campaign else {}
    points = card.lifetime if card else template.get("points", 0)
    expiry = sums.get("next_expiry")
    return {
        "loyalty_card": {
            "points": points,
            "balance": card.balance if card else points,
            "next_expiration_date": expiry.date().isoformat() if expiry else None,
            "next_expiration_points": None,
            "pending_points": 0,
            "expired_points": 0,
            "subtracted_points": -(sums.get("removed") or 0),
        },
        "redeemed_points": 0,
    }
