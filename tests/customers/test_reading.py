"""Finding a customer as the API names one."""

import pytest

from common.ids import public_id
from common.refusals import NotFound
from customers.reading import find_customer
from tests.factories import CustomerFactory
from tests.world import NOW


def test_a_customer_is_found_by_id_and_by_source_id(project):
    ben = CustomerFactory(project=project, source_id="ben@example.com/1 é")

    assert [find_customer(project, name) for name in (ben.public_id, "ben@example.com/1 é")] == [ben, ben]


def test_a_source_id_that_merely_looks_like_an_id_is_a_source_id(project):
    lookalike = CustomerFactory(project=project, source_id="cust_" + "0" * 22)

    assert find_customer(project, "cust_" + "0" * 22) == lookalike


def test_the_id_of_a_customer_wins_over_a_source_id_of_the_same_letters(project):
    ben = CustomerFactory(project=project)
    CustomerFactory(project=project, source_id=ben.public_id)

    assert find_customer(project, ben.public_id) == ben


def test_nobody_else_is_found(project, mallorys_project):
    mallorys = CustomerFactory(project=mallorys_project, source_id="mallory")
    gone = CustomerFactory(project=project, deleted_at=NOW)

    for name in (mallorys.public_id, "mallory", gone.public_id, gone.source_id, "", public_id("v", gone.pk)):
        with pytest.raises(NotFound) as refused:
            find_customer(project, name)
        assert (refused.value.resource_type, refused.value.resource_id) == ("customer", name)
