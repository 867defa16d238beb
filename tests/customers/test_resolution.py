"""From profiles to customers: found by id, else by source id, else made."""

from datetime import date, timedelta

import pytest

from common.ids import uuid7
from customers.models import Customer
from customers.profiles import parse_profile
from customers.resolution import resolve_customers
from tests.factories import CustomerFactory
from tests.world import NOW

LATER = NOW + timedelta(hours=1)


def resolve(project, *raws, now=LATER, nulls_clear=False):
    profiles = [parse_profile(raw, nulls_clear=nulls_clear)[0] for raw in raws]
    return resolve_customers(project, profiles, now=now)


def told(resolved):
    """(customer's source id, new?, what changed) of every profile."""
    return [item and (item.customer.source_id, item.is_new, item.changed) for item in resolved]


@pytest.fixture
def ben(project):
    return CustomerFactory(
        project=project,
        source_id="ben",
        name="Ben",
        email="ben@example.com",
        address={"city": "Berlin", "country": "DE"},
        metadata={"VIP": True, "visits": 1},
        created_at=NOW,
    )


def test_a_source_id_that_nobody_has_makes_a_customer(project):
    resolved = resolve(project, {"source_id": "ben", "name": "Ben", "birthdate": "1990-05-01", "metadata": {"a": 1}})

    ben = Customer.objects.get()
    assert told(resolved) == [("ben", True, ())]
    assert (ben.source_id, ben.name, ben.birthdate, ben.metadata) == ("ben", "Ben", date(1990, 5, 1), {"a": 1})
    assert (ben.created_at, ben.updated_at, ben.deleted_at) == (LATER, None, None)


def test_a_profile_without_an_identity_makes_a_customer_each_time(project):
    resolved = resolve(project, {"email": "ben@example.com"}, {"email": "ben@example.com"})

    assert told(resolved) == [(None, True, ()), (None, True, ())]
    assert Customer.objects.filter(email="ben@example.com").count() == 2


def test_a_customer_is_found_by_source_id_and_by_id(project, ben):
    assert told(resolve(project, {"source_id": "ben"}, {"id": ben.public_id})) == [("ben", False, ())] * 2
    assert Customer.objects.get().updated_at is None


def test_the_id_wins_over_the_source_id(project, ben):
    CustomerFactory(project=project, source_id="ada")

    assert told(resolve(project, {"id": ben.public_id, "source_id": "ada", "name": "B."})) == [
        ("ben", False, ("name",))
    ]
    assert Customer.objects.get(pk=ben.pk).source_id == "ben"


@pytest.mark.parametrize("name", ["cust_0000000000000000000000", "cust_x", "ben", "registered_10055"])
def test_an_unknown_id_names_nobody_and_makes_nobody(project, ben, name):
    assert resolve(project, {"id": name, "source_id": "new"}) == [None]
    assert Customer.objects.count() == 1


def test_another_projects_customer_is_nobody(mallorys_project, ben):
    mallorys = resolve(mallorys_project, {"id": ben.public_id}, {"source_id": "ben"})

    assert told(mallorys) == [None, ("ben", True, ())]
    assert mallorys[1].customer != ben


def test_a_deleted_customer_is_nobody_and_the_source_id_makes_a_new_one(project, ben):
    Customer.objects.filter(pk=ben.pk).update(deleted_at=NOW, source_id=None)

    assert told(resolve(project, {"id": ben.public_id}, {"source_id": "ben"})) == [None, ("ben", True, ())]


def test_sent_fields_replace_and_unsent_ones_stay(project, ben):
    resolved = resolve(project, {"source_id": "ben", "name": "Benjamin", "phone": "1"})

    ben.refresh_from_db()
    assert told(resolved) == [("ben", False, ("name", "phone"))]
    assert (ben.name, ben.phone, ben.email, ben.updated_at) == ("Benjamin", "1", "ben@example.com", LATER)


def test_what_is_sent_again_unchanged_changes_nothing(project, ben):
    same = {"source_id": "ben", "name": "Ben", "metadata": {"visits": 1}, "address": {"city": "Berlin"}}

    assert told(resolve(project, same)) == [("ben", False, ())]
    assert Customer.objects.get().updated_at is None


def test_metadata_is_merged_key_by_key(project, ben):
    resolved = resolve(project, {"source_id": "ben", "metadata": {"visits": 2, "plan": {"a": 1}, "VIP": None}})

    assert told(resolved) == [("ben", False, ("metadata.visits", "metadata.plan", "metadata.VIP"))]
    assert Customer.objects.get().metadata == {"VIP": None, "visits": 2, "plan": {"a": 1}}


def test_an_object_in_metadata_is_replaced_as_a_whole(project, ben):
    resolve(project, {"source_id": "ben", "metadata": {"plan": {"a": 1, "b": 2}}})
    resolve(project, {"source_id": "ben", "metadata": {"plan": {"c": 3}}})

    assert Customer.objects.get().metadata["plan"] == {"c": 3}


def test_one_and_true_are_different_values(project, ben):
    assert told(resolve(project, {"source_id": "ben", "metadata": {"VIP": 1, "visits": True}})) == [
        ("ben", False, ("metadata.VIP", "metadata.visits"))
    ]


def test_an_address_is_merged_part_by_part(project, ben):
    resolved = resolve(project, {"source_id": "ben", "address": {"city": "Bonn", "line_1": "Rhine 1"}})

    assert told(resolved) == [("ben", False, ("address",))]
    assert Customer.objects.get().address == {"city": "Bonn", "country": "DE", "line_1": "Rhine 1"}


def test_nulls_in_an_embedded_customer_leave_everything(project, ben):
    nulls = dict.fromkeys(["name", "email", "birthdate", "address", "metadata"])

    assert told(resolve(project, {"source_id": "ben", **nulls})) == [("ben", False, ())]


def test_nulls_in_the_customers_own_calls_clear(project, ben):
    nulls = {"name": None, "address": None, "metadata": None}

    resolved = resolve(project, {"source_id": "ben", **nulls}, nulls_clear=True)

    ben.refresh_from_db()
    assert told(resolved) == [("ben", False, ("name", "address"))]
    assert (ben.name, ben.address, ben.metadata) == (None, None, {"VIP": True, "visits": 1})


def test_profiles_of_one_new_customer_are_merged_in_order(project):
    resolved = resolve(
        project,
        {"source_id": "ben", "name": "Ben", "metadata": {"a": 1}},
        {"source_id": "ada"},
        {"source_id": "ben", "name": "Benjamin", "metadata": {"b": 2}},
    )

    assert told(resolved) == [("ben", True, ()), ("ada", True, ()), ("ben", False, ())]
    assert resolved[0].customer is resolved[2].customer
    ben = Customer.objects.get(source_id="ben")
    assert (ben.name, ben.metadata) == ("Benjamin", {"a": 1, "b": 2})


def test_profiles_of_one_known_customer_are_merged_in_order(project, ben):
    resolved = resolve(
        project,
        {"source_id": "ben", "name": "Benny", "metadata": {"visits": 2}},
        {"id": ben.public_id, "metadata": {"visits": 3}},
        {"source_id": "ben", "name": "Benny"},
    )

    ben.refresh_from_db()
    assert told(resolved) == [
        ("ben", False, ("name", "metadata.visits")),
        ("ben", False, ("metadata.visits",)),
        ("ben", False, ()),
    ]
    assert (ben.name, ben.metadata) == ("Benny", {"VIP": True, "visits": 3})


def test_a_source_id_may_look_like_an_id(project):
    looks_like_one = "cust_" + "0" * 22

    assert told(resolve(project, {"source_id": looks_like_one})) == [(looks_like_one, True, ())]


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize(("known", "says", "statements"), [(False, {}, 2), (True, {}, 1), (True, {"name": "New"}, 2)])
def test_resolving_costs_the_same_for_one_and_for_fifty(
    project, django_assert_num_queries, count, known, says, statements
):
    names = [f"customer {n}" for n in range(count)]
    if known:
        Customer.objects.bulk_create(CustomerFactory.build(project=project, source_id=name) for name in names)

    with django_assert_num_queries(statements):
        resolved = resolve(project, *({"source_id": name, **says} for name in names))

    assert [item.customer.source_id for item in resolved] == names


def test_locking_others_costs_no_statement_of_its_own(project, ben, django_assert_num_queries):
    profile, _ = parse_profile({"source_id": "ben"})

    with django_assert_num_queries(1):
        resolve_customers(project, [profile], now=NOW, also_lock=[uuid7(), ben.pk])


def test_nobody_is_resolved_without_a_statement(project, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert resolve_customers(project, [], now=NOW) == []


def test_a_profile_that_merely_names_creates_nobody_and_changes_nothing(project, ben):
    profiles = [parse_profile({"source_id": name, "name": "New"})[0] for name in ("ben", "cleo", "ben")]

    resolved = resolve_customers(project, profiles, now=NOW, naming={0, 1})

    assert [item and (item.customer, item.is_new, item.changed) for item in resolved] == [
        (ben, False, ()),
        None,
        (ben, False, ("name",)),
    ]
    assert Customer.objects.count() == 1


def test_a_profile_that_merely_names_knows_who_came_before_it_and_not_who_comes_after(project):
    cleo, dora = ({"source_id": name} for name in ("cleo", "dora"))
    profiles = [parse_profile(raw)[0] for raw in (cleo, cleo, dora, dora)]

    resolved = resolve_customers(project, profiles, now=NOW, naming={1, 2})

    assert [item and item.is_new for item in resolved] == [True, False, None, True]
