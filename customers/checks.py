"""System checks of customers."""

from typing import Any

from django.core.checks import CheckMessage

from common.checks import check_paths
from customers.facts import FactSource
from customers.segments import SegmentBook, SegmentUser


def check_facts(**options: Any) -> list[CheckMessage]:
    """Id customers.E001: a path in CUSTOMER_FACTS that is no FactSource."""
    return check_paths("CUSTOMER_FACTS", FactSource, "customers.E001")


def check_segments(**options: Any) -> list[CheckMessage]:
    """Id customers.E002: a path in SEGMENT_BOOKS or SEGMENT_USERS that is no SegmentBook, or no SegmentUser."""
    book = check_paths("SEGMENT_BOOKS", SegmentBook, "customers.E002")
    return [*book, *check_paths("SEGMENT_USERS", SegmentUser, "customers.E002")]
