"""Payments that are rejected, and their replay."""

from datetime import timedelta

from customers.models import Customer
from events.editing import Edits
from events.models import Event, IdempotencyKey, RejectedEvent, StoredEffect
from events.replaying import chunks, replay
from events.selecting import open_rows
from loyalty.models import LedgerEntry
from tests.world import (
    NOW,
    a_definition,
    a_loyalty_programme,
    a_proportional_rule,
    an_event,
)

PAID = {"amount": {"type": "number", "optional": False}}
TO_NUMBER = Edits(cast={"amount": "number"})
LATER = NOW + timedelta(days=2)


def with_payments(project):
    paid = a_definition(project, "paid", PAID)
    a_proportional_rule(a_loyalty_programme(project), paid, points=1, every="1", of="amount")
    return project


def a_payment(by="ben", amount="12", **parts):
    return an_event("paid", by=by, metadata={"amount": amount}, **parts)


def replay_all(project, edits=TO_NUMBER, *, now=LATER, **options):
    """How many of the open rows came to what."""
    results = [
        result for keys in chunks(open_rows(project)) for result in replay(project, keys, edits, now=now, **options)
    ]
    return counted(results)


def counted(results):
    statuses = [str(result.status) for result in results]
    return {status: statuses.count(status) for status in dict.fromkeys(statuses)}


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Event, RejectedEvent, StoredEffect, Customer, LedgerEntry, IdempotencyKey)
    ]
