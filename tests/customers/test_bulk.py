"""Many customers at once: files, lists, one metadata for many. The worker writes them, chunk by chunk."""

from datetime import UTC, datetime

import pytest

from customers.models import Customer
from events import customer_bulk
from events.customer_bulk import start_bulk_update, start_csv_import, start_metadata_update
from events.erasure import erase_customer
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.spec import PropertySpec
from outbox.actions import RunAction
from projects.models import AsyncAction
from tests.factories import CustomerFactory
from tests.world import NOW, TESTER

FORMER = "cust_" + "a1B2" * 6


@pytest.fixture
def schema(project):
    """Of customers: a number, a switch, a list."""
    return save_nested_schema(
        MetadataSchema(project=project, related_object="customer"),
        [
            PropertySpec("visits", "number", options={"lte": 100}),
            PropertySpec("VIP", "boolean"),
            PropertySpec("tags", "string", array=True),
        ],
        by=TESTER,
        now=NOW,
    )


def run(action):
    """What the worker makes of it."""
    RunAction().handle({"action": str(action.pk)})
    return AsyncAction.objects.get(pk=action.pk)


def imported(project, text):
    return run(start_csv_import(project, text.encode(), request_id="v-1", now=datetime.now(UTC)))


def changed(project, *customers):
    return run(start_bulk_update(project, customers, request_id="v-1", now=datetime.now(UTC)))


def of(project, source_id):
    return Customer.objects.get(project=project, source_id=source_id)


def told(action):
    return action.status, action.done_count, action.failed


def test_a_row_is_a_whole_profile_and_takes_the_place_of_what_was_known(project, schema):
    ben = CustomerFactory(
        project=project, source_id="ben", phone="1", address={"city": "Berlin", "state": "BE"}, metadata={"old": 1}
    )

    action = imported(
        project,
        "Source_id,Name,Birthdate,address_CITY,visits,VIP,tags,Shop\n"
        'ben,"Ben, B.",1990-05-01,Rome,1.50,true,"[""a""]",007\n'
        "cleo,Cleo,,,,,,\n\n",
    )

    assert told(action) == ("DONE", 2, [])
    row = of(project, "ben")
    assert (row.pk, row.name, row.phone, str(row.birthdate), row.address) == (
        ben.pk,
        "Ben, B.",
        None,
        "1990-05-01",
        {"city": "Rome"},
    )
    assert row.metadata == {"visits": 1.5, "VIP": True, "tags": ["a"], "Shop": "007"}
    assert of(project, "cleo").metadata == {}


def test_a_row_that_cannot_be_written_is_told_and_spoils_no_other(project, schema):
    action = imported(
        project,
        "Id,Source_id,Email,visits,VIP\n"
        ",ada,a@x.io,5,\n"
        ",ben,b@x.io,101,\n"
        ",cleo,c@x.io,x,maybe\n"
        "cust_0,dora,,,\n"
        "cust_0000000000000000000000,eve,,,\n"
        ",fay\n",
    )

    assert (action.done_count, action.operation_status, action.message) == (1, "SUCCESS", "1 done, 5 failed.")
    assert [
        (failure["row"], failure["source_id"]) for failure in sorted(action.failed, key=lambda one: one["row"])
    ] == [
        (3, "ben"),
        (4, "cleo"),
        (5, "dora"),
        (6, "eve"),
        (7, "fay"),
    ]
    reasons = {failure["source_id"]: failure["reason"] for failure in action.failed}
    assert reasons["ben"] == "visits: must be a number, must be at most 100 (actual value is '101')"
    assert (reasons["eve"], reasons["fay"]) == (
        "There is no customer of that id",
        "The row has 2 cells, the header 5",
    )
    assert [row.source_id for row in Customer.objects.filter(project=project)] == ["ada"]


def test_customers_keep_the_ids_that_they_had_elsewhere(project):
    assert told(imported(project, f"Id,Name\n{FORMER},Ben\n")) == ("DONE", 1, [])
    assert told(changed(project, {"legacy_id": FORMER, "source_id": "ben", "email": "b@x.io"})) == ("DONE", 1, [])

    row = Customer.objects.get(project=project)
    assert (row.legacy_id, row.name, row.email, row.source_id) == (FORMER, "Ben", "b@x.io", None)


def test_a_run_that_was_ended_and_begins_anew_makes_nobody_twice(project, monkeypatch):
    monkeypatch.setattr(customer_bulk, "CHUNK", 2)
    text = "Name,Source_id\n" + "".join(f"Nobody {n},\n" for n in range(3)) + "Ben,ben\n"
    action = start_csv_import(project, text.encode(), request_id="v-1", now=NOW)
    with pytest.raises(KeyboardInterrupt):
        customer_bulk.run(action, EndsAfter(1))
    assert Customer.objects.filter(project=project).count() == 2

    assert told(run(action)) == ("DONE", 4, [])
    assert sorted(row.name for row in Customer.objects.filter(project=project)) == [
        "Ben",
        "Nobody 0",
        "Nobody 1",
        "Nobody 2",
    ]


def test_who_is_erased_while_a_run_is_under_way_is_not_made_anew(project, monkeypatch):
    monkeypatch.setattr(customer_bulk, "CHUNK", 1)
    ben = CustomerFactory(project=project, source_id="ben", name="Ben")
    rows = [{"source_id": "ada"}, {"source_id": "ben", "name": "Ben again"}, {"source_id": "cleo"}]
    action = start_bulk_update(project, rows, request_id="v-1", now=NOW)

    customer_bulk.run(action, Erases(ben))

    left = Customer.objects.filter(project=project, deleted_at=None).order_by("source_id")
    assert [row.source_id for row in left] == ["ada", "cleo"]


class Erases:
    """A colleague who erases somebody between the first chunk and the second."""

    def __init__(self, customer):
        self.customer = customer

    def forget_payload(self):
        pass

    def total(self, count):
        assert count == 3

    def done(self, count):
        if Customer.objects.filter(pk=self.customer.pk, deleted_at=None).exists():
            erase_customer(self.customer.project, self.customer, group_id="v-2", now=NOW)


class EndsAfter:
    """A process that is killed after so many chunks."""

    def __init__(self, chunks):
        self.left = chunks

    def forget_payload(self):
        pass

    def total(self, count):
        assert count == 4

    def done(self, count):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def test_what_is_sent_in_bulk_changes_what_it_says_and_nothing_else(project, schema):
    CustomerFactory(project=project, source_id="ben", name="Ben", phone="1", metadata={"visits": 1})

    action = changed(
        project,
        {"source_id": "ben", "phone": "2", "name": None, "metadata": {"VIP": True}},
        {"source_id": "cleo", "metadata": {"visits": 500}},
        {"name": "Nobody"},
        {"source_id": "dora", "email": 5},
    )

    assert (action.done_count, action.failed_count) == (1, 3)
    assert [failure["source_id"] for failure in action.failed] == ["", "dora", "cleo"]
    row = of(project, "ben")
    assert (row.name, row.phone, row.metadata) == ("Ben", "2", {"visits": 1, "VIP": True})


def test_one_metadata_goes_to_many_and_makes_those_who_are_missing(project, schema):
    CustomerFactory(project=project, source_id="ben", metadata={"visits": 1})

    action = run(start_metadata_update(project, ["ben", "cleo"], {"VIP": True}, request_id="v-1", now=NOW))

    assert told(action) == ("DONE", 2, [])
    assert (of(project, "ben").metadata, of(project, "cleo").metadata) == ({"visits": 1, "VIP": True}, {"VIP": True})


def test_what_was_sent_is_forgotten_once_it_is_done(project):
    action = start_bulk_update(project, [{"source_id": "ben", "name": "Ben"}], request_id="v-1", now=NOW)
    assert "Ben" in str(action.payload)

    assert run(action).payload == {}


@pytest.mark.parametrize("count", [2, 20])
def test_a_chunk_costs_the_same_for_few_and_for_many(project, django_assert_num_queries, count):
    CustomerFactory(project=project, source_id="c0")
    action = start_bulk_update(
        project, [{"source_id": f"c{n}", "name": "x"} for n in range(count)], request_id="v-1", now=NOW
    )

    with django_assert_num_queries(STATEMENTS_OF_A_CHUNK):
        customer_bulk.run(action, Silent())

    assert Customer.objects.filter(project=project, name="x").count() == count


# Five of them read what is compiled once a revision: the schema, the rules, the segments, the distributions, and what
# webhooks hear of.
STATEMENTS_OF_A_CHUNK = 13


class Silent:
    def forget_payload(self):
        pass

    def total(self, count):
        pass

    def done(self, count):
        pass
