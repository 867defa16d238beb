"""Tests that know no database, and take long: run on the first of the two alone."""

import pytest
from django.db import connection


def once(why: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(connection.vendor != "sqlite", reason=f"once is enough: {why}")
