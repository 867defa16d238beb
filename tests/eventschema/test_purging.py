"""Erasing a property's values from every customer, campaign or code."""

import pytest

from campaigns.models import Campaign, Voucher
from customers.models import Customer
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.purging import PURGES, start_purge
from outbox import purging
from outbox.actions import RunAction
from projects.models import AuditEntry
from tests.eventschema.schemas import specs_of
from tests.factories import CustomerFactory
from tests.world import NOW, TESTER, a_loyalty_programme


def a_schema_of(project, resource, properties):
    schema = MetadataSchema(project=project, related_object=resource)
    return save_nested_schema(schema, specs_of(properties), by=TESTER, now=NOW)


def started(schema, name):
    purged = schema.properties.get(name=name)
    return start_purge(schema, purged, by=TESTER, request_id="v-1", now=NOW)


def finish(action):
    RunAction().handle({"action": str(action.pk)})
    action.refresh_from_db()
    return action.status, action.operation_status, action.done_count


def test_a_property_goes_under_all_of_its_names_and_nothing_else(project, mallorys_project):
    schema = a_schema_of(project, "customer", {'shoe "size"': {"type": "number", "aliases": ["size"]}})
    holding = {'shoe "size"': 44, "size": 43, "plan": "gold", "price": 1.50}
    CustomerFactory(project=project, source_id="ada", metadata=holding)
    CustomerFactory(project=project, source_id="ben", metadata={"plan": None})
    CustomerFactory(project=project, source_id="cleo", metadata={})
    CustomerFactory(project=mallorys_project, source_id="dora", metadata=holding)

    action = started(schema, 'shoe "size"')
    outcome = finish(action)

    assert (action.type, outcome) == ("CUSTOMERS.METADATA_KEY_PURGE", ("DONE", "SUCCESS", 2))
    assert dict(Customer.objects.values_list("source_id", "metadata")) == {
        "ada": {"plan": "gold", "price": 1.5},
        "ben": {"plan": None},
        "cleo": {},
        "dora": holding,
    }
    changed = Customer.objects.exclude(updated_at=None).values_list("source_id", flat=True)
    entry = AuditEntry.objects.latest("id")
    assert (list(changed), entry.action, entry.after) == (
        ["ada"],
        "metadata_schema.purged",
        {"names": ['shoe "size"', "size"]},
    )


def test_a_run_that_broke_off_is_finished_by_the_next_and_counts_the_same(project, monkeypatch):
    monkeypatch.setattr(purging, "CHUNK", 2)
    schema = a_schema_of(project, "customer", {"plan": {"type": "string"}})
    for number in range(5):
        CustomerFactory(project=project, metadata={"plan": "gold", "n": number})
    action = started(schema, "plan")
    erase, calls = purging._erase, []

    def breaks_off(*parts):
        calls.append(parts)
        if len(calls) == 2:
            raise ConnectionError
        erase(*parts)

    monkeypatch.setattr(purging, "_erase", breaks_off)
    with pytest.raises(ConnectionError):
        RunAction().handle({"action": str(action.pk)})
    left = Customer.objects.filter(metadata__has_key="plan").count()

    assert (left, finish(action)) == (3, ("DONE", "SUCCESS", 5))
    assert sorted(row["n"] for row in Customer.objects.values_list("metadata", flat=True)) == [0, 1, 2, 3, 4]
    assert not Customer.objects.filter(metadata__has_key="plan").exists()


@pytest.mark.parametrize(("resource", "model"), [("campaign", Campaign), ("voucher", Voucher)])
def test_campaigns_and_codes_are_purged_each_by_their_own(project, resource, model):
    a_loyalty_programme(project, vouchers_count=3, metadata={"tag": "x", "kept": 1})
    Voucher.objects.update(metadata={"tag": "x", "kept": 1})
    other = {Campaign: Voucher, Voucher: Campaign}[model]

    action = started(a_schema_of(project, resource, {"tag": {"type": "string"}}), "tag")

    assert finish(action)[:2] == ("DONE", "SUCCESS")
    assert action.type == PURGES[resource]
    assert {tuple(row) for row in model.objects.values_list("metadata", flat=True)} == {("kept",)}
    assert {tuple(row) for row in other.objects.values_list("metadata", flat=True)} == {("tag", "kept")}


def test_a_chunk_costs_as_many_statements_for_two_as_for_twenty(project, django_assert_num_queries):
    schema = a_schema_of(project, "customer", {"plan": {"type": "string"}})
    for count in (2, 20):
        for _ in range(count):
            CustomerFactory(project=project, metadata={"plan": "gold"})
        action = started(schema, "plan")
        # The action, its begin and its end; the count, two reads; lock and update within their transaction; the
        # segments that may read the key, within theirs.
        with django_assert_num_queries(3 + 3 + 4 + 3):
            RunAction().handle({"action": str(action.pk)})
