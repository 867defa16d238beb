"""System checks of customers."""

from typing import Any

from django.core.checks import CheckMessage

from common.checks import check_paths
from customers.facts import FactSource


def check_facts(**options: Any) -> list[CheckMessage]:
    """Id customers.E001: a path in CUSTOMER_FACTS that is no FactSource."""
    return check_paths("CUSTOMER_FACTS", FactSource, "customers.E001")
