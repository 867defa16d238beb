"""Finding and giving cards, for lists of customers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError
from django.db.models import OuterRef, Subquery

from campaigns.kinds import Report
from campaigns.models import Voucher
from campaigns.publishing import publish_from_pool
from common.refusals import Refusal
from common.statements import Select
from common.writing import insert_new
from customers.models import Customer
from loyalty.models import LedgerEntry, LoyaltyCard, LoyaltyProgram
from projects.models import Project

_select_held = Select(
    LoyaltyCard,
    "loyalty_loyaltycard.project_id = %s AND loyalty_loyaltycard.program_id IN %s"
    " AND loyalty_loyaltycard.customer_id IN %s AND loyalty_loyaltycard.closed_at IS NULL",
    joined={"voucher": ["id", "code"]},
)

# A card is named by (programme, customer).
CardName = tuple[UUID, UUID]


def held_cards(
    project: Project, program_ids: Collection[UUID], customer_ids: Collection[UUID]
) -> dict[CardName, LoyaltyCard]:
    """The cards that these customers hold in these programmes, by (programme, customer); one statement."""
    cards = _select_held(project.pk, list(set(program_ids)), list(set(customer_ids)))
    return {(card.program_id, card.customer_id): card for card in cards}


def join(
    programs: Mapping[UUID, LoyaltyProgram], missing: Iterable[tuple[UUID, Customer]], *, now: datetime
) -> tuple[dict[CardName, LoyaltyCard], list[Report]]:
    """Publishes a card of each programme to its customers; the cards, and what became true.

    Customers for whom a programme has no code left get none. A fixed number of statements a programme.
    """
    by_program: dict[UUID, dict[UUID, Customer]] = {}
    for program_id, customer in missing:
        by_program.setdefault(program_id, {})[customer.pk] = customer
    cards: dict[CardName, LoyaltyCard] = {}
    reports: list[Report] = []
    for program_id, customers in by_program.items():
        campaign = programs[program_id].campaign
        for published in publish_from_pool(campaign, list(customers.values()), now=now):
            card = published.publication.voucher.loyalty_card
            cards[program_id, card.customer_id] = card
            reports.extend(published.reports)
    return cards, reports


def find_card(voucher: Voucher) -> LoyaltyCard:
    """The held card of a voucher. Raises Refusal where nobody holds it (contract f.6)."""
    card = LoyaltyCard.objects.filter(pk=voucher.pk, closed_at=None).first()
    if card is None:
        raise Refusal("The card must have a holder", key="not_published", message="Voucher is not published")
    return card


def open_cards(cards: Sequence[LoyaltyCard]) -> None:
    """Stores new cards; one of a code that was given back goes on in the row that was closed then.

    One statement, and two more where there is such a row. Raises IntegrityError for a code whose card is held.
    """
    # Sorted by the unique key: concurrent writers in different orders would deadlock.
    opened = {card.pk for card in insert_new(LoyaltyCard, sorted(cards, key=lambda card: card.pk))}
    again = [card for card in cards if card.pk not in opened]
    if not again:
        return
    closed = LoyaltyCard.objects.filter(pk__in=[card.pk for card in again], closed_at__isnull=False)
    if closed.count() != len(again):
        raise IntegrityError("a card of one of these codes or customers is held already")
    LoyaltyCard.objects.bulk_update(again, ["customer", "created_at", "closed_at"])


def close_cards(keys: Collection[UUID], *, now: datetime) -> None:
    """Closes empty cards; what was posted on them up to now is a former holder's from here on (one statement)."""
    entries = LedgerEntry.objects.filter(card=OuterRef("pk")).order_by("-pk").values("pk")
    LoyaltyCard.objects.filter(pk__in=keys).update(closed_at=now, starts_after=Subquery(entries[:1]))
