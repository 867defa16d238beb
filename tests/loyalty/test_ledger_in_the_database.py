"""What the database itself refuses, whoever asks."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from loyalty.models import LoyaltyCard
from tests.loyalty.cards import a_card, lots_left, post

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such trigger in Boon")


@pytest.fixture
def bens(project):
    bens = a_card(project)
    post(bens, 10, -4)
    return bens


def run(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("balance", [-1, -(10**15)])
def test_a_balance_below_zero_is_refused_by_the_database(bens, balance):
    with pytest.raises(IntegrityError, match="loyalty_card_never_below_zero"):
        run(f"UPDATE loyalty_loyaltycard SET balance = {balance}")

    assert LoyaltyCard.objects.get().balance == 6


@on_postgresql
@pytest.mark.parametrize("table", ["loyalty_ledgerentry", "loyalty_allocation"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET points = points + 1", "DELETE FROM {}"])
def test_the_ledger_refuses_raw_sql(bens, table, statement):
    with pytest.raises(DatabaseError, match=rf"{table} rows are never changed: post a reversing entry"):
        run(statement.format(table))

    assert lots_left(bens) == [6]
