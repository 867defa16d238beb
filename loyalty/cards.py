"""Finding and giving cards, for lists of customers."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from campaigns.kinds import Report
from campaigns.publishing import publish_from_pool
from common.statements import Select
from customers.models import Customer
from loyalty.models import LoyaltyCard, LoyaltyProgram
from projects.models import Project

_select_held = Select(
    LoyaltyCard,
    "loyalty_loyaltycard.project_id = %s AND loyalty_loyaltycard.program_id IN %s"
    " AND loyalty_loyaltycard.customer_id IN %s",
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
