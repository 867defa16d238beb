"""Deleting customers: the person goes, the row and the books stay."""

from collections.abc import Sequence
from datetime import datetime

from customers.models import Customer


def anonymise(customers: Sequence[Customer], *, now: datetime) -> None:
    """Blanks everything personal and frees the source ids (one statement). Points and events keep their owner."""
    Customer.objects.filter(pk__in=[customer.pk for customer in customers]).update(
        source_id=None,
        legacy_id=None,
        name=None,
        description=None,
        email=None,
        phone=None,
        birthdate=None,
        birthday=None,
        address=None,
        metadata={},
        updated_at=now,
        deleted_at=now,
    )
