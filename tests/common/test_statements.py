"""Fixed statements write and read what the ORM does."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.statements import Insert, Select, Update, together
from customers.models import Customer
from loyalty.models import LoyaltyCard
from projects.models import Project
from tests.factories import CustomerFactory, ProjectFactory
from tests.world import a_loyalty_programme, a_published_code

insert_customers = Insert(Customer)
insert_unless_there = Insert(Customer, unless_there=True)
select_projects = Select(Project, "id IN %s")
select_by_source = Select(Customer, "project_id = %s AND source_id IN %s ORDER BY id", lock="FOR NO KEY UPDATE")

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
NUMBERS = (
    st.integers(-(2**63), 2**63 - 1)
    | st.decimals(allow_nan=False, allow_infinity=False, places=6)
    | st.sampled_from([Decimal("1e30"), Decimal("0.1"), Decimal("123456789012345678901234567890.5"), Decimal("-1e-7")])
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC))
COLUMNS = st.fixed_dictionaries(
    {
        "name": st.none() | TEXTS,
        "description": st.none() | TEXTS | st.just("x" * 10_240),
        "birthdate": st.none() | st.dates(date(1, 1, 1)),
        "address": st.none() | st.dictionaries(TEXTS, TEXTS, max_size=2),
        "metadata": st.dictionaries(TEXTS, VALUES, max_size=4),
        "created_at": MOMENTS,
        "updated_at": st.none() | MOMENTS,
    }
)


def stored(customer):
    """The row's columns as the database has them, but for its identity."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM customers_customer WHERE id = '{_key(customer)}'")
        names = [column.name if hasattr(column, "name") else column[0] for column in cursor.description]
        row = dict(zip(names, cursor.fetchone(), strict=True))
    return {name: value for name, value in row.items() if name not in ("id", "source_id")}


def _key(customer):
    return customer.pk if connection.vendor == "postgresql" else customer.pk.hex


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(columns=COLUMNS)
def test_rows_are_stored_as_the_orm_stores_them(project, columns):
    ours = Customer(project=project, source_id="ours", **columns)
    theirs = Customer(project=project, source_id="theirs", **columns)
    with transaction.atomic():
        insert_customers([ours])
        Customer.objects.bulk_create([theirs])

        assert stored(ours) == stored(theirs)
        read = select_by_source(project.pk, ["ours", "theirs"])
        transaction.set_rollback(True)

    assert [{name: getattr(row, name) for name in columns} for row in read] == [columns, columns]


def test_nothing_is_written_where_there_is_nothing_to_write(project, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert insert_customers([]) == []


def test_rows_that_are_there_are_left_out_and_told(project):
    CustomerFactory(project=project, source_id="ada")
    rows = [Customer(project=project, source_id=name, created_at=datetime.now(UTC)) for name in ("ada", "ben")]

    assert insert_unless_there(rows) == [rows[1]]
    assert sorted(Customer.objects.values_list("source_id", flat=True)) == ["ada", "ben"]


def test_another_violation_is_raised_all_the_same(project):
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_unless_there([Customer(project=project, source_id="", created_at=datetime.now(UTC))])


def test_an_update_changes_each_row_to_its_own(project):
    update_names = Update(Customer, {"name": "new.name"})
    people = [CustomerFactory(project=project, source_id=name) for name in ("ada", "ben")]
    untouched = CustomerFactory(project=ProjectFactory(), name="Mallory")
    for person in people:
        person.name = f'{person.source_id} ’"\\ 🎈'

    update_names(people)

    names = {row.source_id: row.name for row in select_by_source(project.pk, ["ada", "ben"])}
    assert names == {"ada": 'ada ’"\\ 🎈', "ben": 'ben ’"\\ 🎈'}
    untouched.refresh_from_db()
    assert untouched.name == "Mallory"


def test_a_joined_row_comes_along(project, django_assert_num_queries):
    holder = a_published_code(a_loyalty_programme(project), "CARD-1", to="ada").holder
    select_cards = Select(LoyaltyCard, "loyalty_loyaltycard.customer_id IN %s", joined={"voucher": ["id", "code"]})

    with django_assert_num_queries(1):
        found = select_cards([holder.pk])
        assert [row.voucher.code for row in found] == ["CARD-1"]


def test_a_list_may_be_empty(project):
    assert select_by_source(project.pk, []) == []


only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no round trips to spare")


@only_postgresql
def test_writes_wait_while_other_tables_are_read_and_go_before_their_own_is(project, django_assert_num_queries):
    ada = CustomerFactory.build(project=project, source_id="ada")

    with together():
        with django_assert_num_queries(0):
            insert_customers([ada])
        with django_assert_num_queries(1):
            select_projects([project.pk])
        with django_assert_num_queries(2):
            found = select_by_source(project.pk, ["ada"])

    assert [row.pk for row in found] == [ada.pk]


@only_postgresql
def test_writes_go_before_any_statement_of_the_orm(project, django_assert_num_queries):
    with together():
        insert_customers([CustomerFactory.build(project=project, source_id="ada")])
        with django_assert_num_queries(2):
            assert Customer.objects.filter(project=project).exists()


@only_postgresql
def test_writes_to_several_tables_are_one_statement(project, django_assert_num_queries):
    ada = CustomerFactory.build(project=project, source_id="ada")

    with django_assert_num_queries(1), together():
        insert_customers([ada])
        Update(Project, {"name": "new.name"})([Project(pk=project.pk, name="Renamed")])

    project.refresh_from_db()
    assert (project.name, Customer.objects.get().pk) == ("Renamed", ada.pk)


def insert_and_fail(customer):
    with together():
        insert_customers([customer])
        raise RuntimeError


@only_postgresql
def test_what_waits_is_forgotten_where_the_block_fails(project):
    with pytest.raises(RuntimeError):
        insert_and_fail(CustomerFactory.build(project=project, source_id="ada"))

    assert not Customer.objects.exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(
        TEXTS.filter(bool) | st.sampled_from(['"', "\\", "{}", "a,b", "NULL", " "]), unique=True, max_size=5
    )
)
def test_any_text_can_be_asked_for(project, names):
    rows = [Customer(project=project, source_id=name, created_at=datetime.now(UTC)) for name in [*names, "x" * 50]]
    with transaction.atomic():
        insert_customers(rows)
        found = select_by_source(project.pk, names)
        transaction.set_rollback(True)

    assert [customer.source_id for customer in found] == names
