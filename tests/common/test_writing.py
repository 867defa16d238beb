"""`insert_new` tells exactly what it inserted, also where several writers come with the same rows."""

import random

import pytest

from common.writing import insert_new
from customers.models import Customer
from tests.factories import CustomerFactory, ProjectFactory
from tests.threads import at_once


def rows(project, source_ids):
    return [CustomerFactory.build(project=project, source_id=source_id) for source_id in source_ids]


def stored(project):
    return set(Customer.objects.filter(project=project).values_list("source_id", flat=True))


def test_nothing_is_inserted_without_a_statement(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert insert_new(Customer, []) == []


def test_every_row_is_new_in_an_empty_table(project):
    people = rows(project, ["ada", "ben"])

    assert insert_new(Customer, people) == people
    assert stored(project) == {"ada", "ben"}


def test_rows_that_exist_are_left_out(project):
    CustomerFactory(project=project, source_id="ada", name="Ada")
    ada, ben = rows(project, ["ada", "ben"])

    assert insert_new(Customer, [ada, ben]) == [ben]
    assert Customer.objects.get(project=project, source_id="ada").name == "Ada"


def test_of_twins_in_one_list_the_first_is_new(project):
    first, second = rows(project, ["ben", "ben"])

    assert insert_new(Customer, [first, second]) == [first]


@pytest.mark.parametrize("count", [1, 300])
def test_inserting_costs_the_same_for_one_row_and_for_many(project, count, django_assert_num_queries):
    people = rows(project, [f"customer {n:03}" for n in range(count)])

    with django_assert_num_queries(1):
        assert insert_new(Customer, people) == people


@pytest.mark.django_db(transaction=True)
def test_of_four_writers_exactly_one_inserts_each_row():
    project = ProjectFactory()
    names = [f"customer {n:03}" for n in range(100)]

    def write():
        return {row.source_id for row in insert_new(Customer, rows(project, names))}

    inserted = at_once([write] * 4)

    assert sorted(name for part in inserted for name in part) == names
    assert stored(project) == set(names)


@pytest.mark.django_db(transaction=True)
def test_writers_of_overlapping_rows_share_them_out():
    project = ProjectFactory()
    names = [f"customer {n:03}" for n in range(60)]
    parts = [sorted(random.Random(seed).sample(names, 40)) for seed in range(4)]

    inserted = at_once([lambda part=part: insert_new(Customer, rows(project, part)) for part in parts])

    assert sorted(row.source_id for part in inserted for row in part) == sorted(
        {name for part in parts for name in part}
    )
