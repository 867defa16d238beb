"""Writers who come with the same new customer at the same moment end up with one."""

import pytest

from common.transactions import run_in_transaction
from customers.models import Customer
from customers.profiles import Profile
from customers.resolution import resolve_customers
from tests.factories import ProjectFactory
from tests.threads import at_once
from tests.world import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def writer(project, profiles):
    return lambda: run_in_transaction(lambda: resolve_customers(project, profiles, now=NOW))


def test_one_new_customer_of_many_writers_is_made_once_and_holds_what_all_of_them_said():
    project = ProjectFactory()
    writers = [writer(project, [Profile(source_id="ben", metadata={f"said by {n}": n})]) for n in range(6)]

    resolved = [part[0] for part in at_once(writers)]

    ben = Customer.objects.get()
    assert {item.customer.pk for item in resolved} == {ben.pk}
    assert sorted(item.is_new for item in resolved) == [False] * 5 + [True]
    assert ben.metadata == {f"said by {n}": n for n in range(6)}


def test_lists_in_opposite_orders_do_not_lose_anybody():
    project = ProjectFactory()
    names = [f"customer {n:02}" for n in range(30)]
    orders = [names, names[::-1], names[15:] + names[:15], names[::2] + names[1::2]]

    resolved = at_once([writer(project, [Profile(source_id=name) for name in order]) for order in orders])

    keys = dict(Customer.objects.values_list("source_id", "pk"))
    assert sorted(keys) == names
    assert [[item.customer.pk for item in part] for part in resolved] == [
        [keys[name] for name in order] for order in orders
    ]
    assert sum(item.is_new for part in resolved for item in part) == 30


def test_merges_of_a_known_customer_do_not_overwrite_each_other():
    project = ProjectFactory()
    writer(project, [Profile(source_id="ben")])()
    writers = [writer(project, [Profile(source_id="ben", metadata={f"key {n}": n})]) for n in range(6)]

    at_once(writers)

    assert Customer.objects.get().metadata == {f"key {n}": n for n in range(6)}
