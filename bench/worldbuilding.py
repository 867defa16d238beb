"""Making bench/world.py's world in the database of the environment.

Import it only after `django.setup()`.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management import call_command

from bench.world import EVENT, POINTS, World
from campaigns.codes import code_key, new_voucher, random_code
from campaigns.creation import CampaignFields
from campaigns.models import Campaign, CampaignType, CodeSupply, Voucher
from customers.models import Customer
from eventschema.models import EventDefinition
from eventschema.publishing import DefinitionChange, create_definition
from eventschema.spec import parse_properties
from loyalty.models import EarningRule, Formula, LoyaltyCard
from loyalty.programs import create_loyalty_campaign
from loyalty.rules import RuleFields, create_rule
from projects.audit import Actor
from projects.creation import create_project
from projects.keys import create_key
from projects.models import KeyKind, Project

BENCH = Actor("command", "bench")
ROWS_A_STATEMENT = 2_000
PROPERTIES = {
    "order_id": {"type": "string", "optional": False},
    "amount": {"type": "number", "optional": False, "gte": 0},
    "items": {"type": "number", "optional": True},
    "currency": {"type": "string", "optional": True, "max_length": 3},
    "channel": {"type": "string", "optional": True, "eq": ["web", "app", "shop"]},
    "first_order": {"type": "boolean", "optional": True},
    "placed_at": {"type": "datetime", "optional": True},
    "note": {"type": "string", "optional": True, "max_length": 200},
}


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Migrates the database and makes the world with so many customers; the bench never touches one that is in use."""
    call_command("migrate", verbosity=0)
    if Project.objects.exists():
        sys.exit("The database holds projects already. The bench writes only to an empty one of its own.")
    return asdict(build(int(arguments[0])))


def build(customers: int) -> World:
    """The project, its rules, and so many customers who hold a card each, in a migrated database."""
    now = datetime.now(UTC)
    project = create_project("Bench", by=BENCH)
    key, token = create_key(project, kind=KeyKind.SERVER, by=BENCH)
    definition = _definition(project, now)
    club = _club(project)
    paying, _ = _rules(club, definition, now)
    for numbers in _runs(customers):
        _add_members(club, numbers, now)
    return World(customers, key.key_id, token, str(project.pk), str(definition.pk), str(paying.pk), str(club.pk))


def _definition(project: Project, now: datetime) -> EventDefinition:
    specs, errors = parse_properties(PROPERTIES, "schema.properties")
    assert not errors, errors
    return create_definition(project, EVENT, DefinitionChange(specs), by=BENCH, now=now)


def _club(project: Project) -> Campaign:
    template = {"type": "LOYALTY_CARD", "loyalty_card": {"points": 0}}
    fields = CampaignFields(
        "Club", CampaignType.LOYALTY_PROGRAM, template, type=CodeSupply.AUTO_UPDATE, auto_join=True
    )
    return create_loyalty_campaign(project, fields, 0, by=BENCH)


def _rules(club: Campaign, definition: EventDefinition, now: datetime) -> tuple[EarningRule, EarningRule]:
    """A rule that pays for every event, and one whose window is over, which declines every event."""
    program = club.loyalty_program
    over = RuleFields(Formula.FIXED, 100, start_date=now - timedelta(days=30), expiration_date=now - timedelta(days=1))
    paying = create_rule(program, definition, RuleFields(Formula.FIXED, POINTS), by=BENCH)
    return paying, create_rule(program, definition, over, by=BENCH)


def _add_members(club: Campaign, numbers: range, now: datetime) -> None:
    """Customers with their cards. Publications and holders are left out: no event reads or writes them."""
    project = club.project
    customers = [
        Customer(project=project, source_id=f"customer-{n}", name=f"Customer {n}", created_at=now) for n in numbers
    ]
    Customer.objects.bulk_create(customers)
    vouchers = [_voucher(club, customer, n) for customer, n in zip(customers, numbers, strict=True)]
    Voucher.objects.bulk_create(vouchers)
    LoyaltyCard.objects.bulk_create(
        LoyaltyCard(voucher=voucher, project=project, program=club.loyalty_program, customer=customer, created_at=now)
        for voucher, customer in zip(vouchers, customers, strict=True)
    )


def _voucher(club: Campaign, customer: Customer, number: int) -> Voucher:
    # The number behind the random part, so that no code comes twice.
    code = f"{random_code({'length': 4})}{number:05d}"
    voucher = new_voucher(club.project, club, code, code_key(club.project, code))
    voucher.holder = customer
    return voucher


def _runs(count: int) -> Iterator[range]:
    """1 to `count` in runs of ROWS_A_STATEMENT."""
    for first in range(1, count + 1, ROWS_A_STATEMENT):
        yield range(first, min(first + ROWS_A_STATEMENT, count + 1))
