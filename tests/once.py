"""Tests for which one database is enough, where `make test` runs the suite on both (it sets BOTH_DATABASES).

Alone, on whichever database, the suite is whole.
"""

import os

import pytest
from django.db import connection


def once(why: str, on: str = "sqlite") -> pytest.MarkDecorator:
    """Skips the test on the other database than `on`: it says the same on both, and takes long."""
    is_other = "BOTH_DATABASES" in os.environ and connection.vendor != on
    return pytest.mark.skipif(is_other, reason=f"once is enough: {why}")
