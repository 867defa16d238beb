"""Customers' metadata is checked by the project's schema of customers, by whichever door they come."""

import pytest

from customers.models import Customer
from events.acceptance import accept_events
from events.models import RejectedEvent
from events.payloads import parse_event
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from tests.api.segment.caller import door_of
from tests.eventschema.schemas import specs_of
from tests.world import NOW, TESTER, a_definition, a_loyalty_programme, accept, an_event

AGE = {"age": {"type": "number", "gte": 0}}
AGE_DEMAND = "age: must be a number, must be at least 0 (actual value is 'old')"


def customers_hold(project, properties, *, only=False):
    schema = MetadataSchema.objects.filter(project=project, related_object="customer").first() or MetadataSchema(
        project=project, related_object="customer"
    )
    schema.allow_defined_only = only
    save_nested_schema(schema, specs_of(properties), by=TESTER, now=NOW)


def test_a_customer_that_does_not_fit_is_refused_with_every_reason(api, project, count_rows):
    customers_hold(project, AGE | {"plan": {"type": "string", "optional": False}}, only=True)
    before = count_rows()

    answer = api.post("/v1/customers", {"source_id": "ben", "metadata": {"age": "old", "x": 1}})

    assert (answer.status, answer.key, count_rows()) == (400, "metadata_validation_failed", before)
    assert [(error["path"], error["code"]) for error in answer.body["errors"]] == [
        ("metadata.age", "type"),
        ("metadata.x", "unknown"),
        ("metadata.plan", "required"),
    ]
    assert answer.body["errors"][0]["message"] == AGE_DEMAND


def test_on_a_change_the_merged_metadata_counts(api, project):
    customers_hold(project, AGE | {"plan": {"type": "string", "optional": False}})
    api.post("/v1/customers", {"source_id": "ben", "metadata": {"plan": "S"}})

    answers = [
        api.put("/v1/customers/ben", {"metadata": metadata}) for metadata in ({"age": 5}, {"age": -1}, {"plan": None})
    ]

    assert [answer.status for answer in answers] == [200, 400, 400]
    assert answers[2].paths == ["metadata.plan"]
    assert Customer.objects.get().metadata == {"plan": "S", "age": 5}


def test_nobody_is_blamed_for_what_was_stored_before(api, project):
    api.post("/v1/customers", {"source_id": "ben", "metadata": {"age": "old"}})
    customers_hold(project, AGE | {"plan": {"type": "string", "optional": False}})

    bodies = ({"name": "Ben"}, {"metadata": {"plan": "S"}}, {"metadata": {"x": 1}})
    answers = [api.put("/v1/customers/ben", body) for body in bodies]

    assert [answer.status for answer in answers] == [200, 200, 200]


def test_the_customer_inside_an_event_refuses_the_event_which_is_kept(api, project):
    a_definition(project, "signed_up")
    customers_hold(project, AGE)
    body = {"event": "signed_up", "customer": {"source_id": "ben", "metadata": {"age": "old"}}}

    answer = api.post("/v1/events", body)

    kept = RejectedEvent.objects.get()
    assert (answer.status, answer.key, answer.paths) == (400, "metadata_validation_failed", ["customer.metadata.age"])
    assert (answer.body["errors"][0]["message"], Customer.objects.count()) == (AGE_DEMAND, 0)
    assert (kept.cause, kept.payload) == ("metadata_validation_failed customer.metadata.age:type", body)


def test_in_a_batch_each_customer_is_judged_by_what_came_before(api, project):
    a_definition(project, "signed_up")
    customers_hold(project, {"plan": {"type": "string", "optional": False}})
    sent = [{}, {"plan": 5}, {"plan": "S"}, {}, {"plan": None}]
    events = [{"event": "signed_up", "customer": {"source_id": "ben", "metadata": metadata}} for metadata in sent]

    body = api.post("/v1/events/batch", {"events": events}).body

    assert [item["status"] for item in body["data"]] == ["rejected", "rejected", "accepted", "accepted", "rejected"]
    assert Customer.objects.get().metadata == {"plan": "S"}


def test_a_dry_run_says_the_same(api, project):
    a_definition(project, "signed_up")
    customers_hold(project, AGE)

    answer = api.post("/v1/events?dry_run=true", an_event(customer={"source_id": "ben", "metadata": {"age": -1}}))

    assert (answer.status, answer.paths, RejectedEvent.objects.count()) == (400, ["customer.metadata.age"], 0)


def test_nested_objects_of_customers_are_looked_into(api, project):
    home = MetadataSchema(project=project, related_object="address", allow_defined_only=True)
    save_nested_schema(home, specs_of({"city": {"type": "string"}}), by=TESTER, now=NOW)
    customers_hold(project, {"home": {"type": "object", "object_type": "address"}})

    answer = api.post("/v1/customers", {"source_id": "ben", "metadata": {"home": {"city": 5, "bell": 1}}})
    save_nested_schema(home, specs_of({"city": {"type": "number"}, "bell": {"type": "number"}}), by=TESTER, now=NOW)
    after = api.post("/v1/customers", {"source_id": "ben", "metadata": {"home": {"city": 5, "bell": 1}}})

    assert (answer.paths, after.status) == (["metadata.home.city", "metadata.home.bell"], 200)


def test_publications_are_refused_as_well(api, project):
    club = a_loyalty_programme(project)
    customers_hold(project, AGE)

    customer = {"source_id": "cleo", "metadata": {"age": "old"}}
    answer = api.post("/v1/publications", {"customer": customer, "campaign": club.name})

    assert (answer.status, answer.paths, Customer.objects.count()) == (400, ["customer.metadata.age"], 0)


def test_holders_are_refused_with_their_place(api, shop):
    customers_hold(shop.project, AGE)
    holders = [{"source_id": "cleo"}, {"source_id": "dora", "metadata": {"age": "old"}}]

    answer = api.post(f"/v1/referrals/members/{shop.code.code}/holders", {"holders": holders})

    assert (answer.status, answer.paths) == (400, ["holders.1.metadata.age"])


def test_segments_profiles_that_do_not_fit_are_kept_and_the_others_written(project):
    customers_hold(project, AGE)
    people = {"ada": 36, "ben": "old", "cleo": 5}
    batch = [{"type": "identify", "userId": name, "traits": {"age": age}} for name, age in people.items()]

    answer = door_of(project).post("/v1/batch", {"batch": batch})

    kept = RejectedEvent.objects.get()
    assert (answer.status, sorted(Customer.objects.values_list("source_id", flat=True))) == (200, ["ada", "cleo"])
    assert (kept.name, kept.payload["message"]) == (
        "identify",
        {"type": "identify", "userId": "ben", "traits": {"age": "old"}},
    )


def test_another_projects_schema_plays_no_part(api, mallorys_project):
    customers_hold(mallorys_project, AGE)

    assert api.post("/v1/customers", {"source_id": "ben", "metadata": {"age": "old"}}).status == 200


@pytest.mark.parametrize("count", [1, 50])
def test_an_event_costs_as_many_statements_as_without_a_schema(project, count, django_assert_num_queries):
    a_definition(project, "signed_up")
    customers_hold(project, AGE)
    bodies = [an_event(by="ben", customer={"source_id": "ben", "metadata": {"age": 5}})] * count
    accept(project, *bodies)
    payloads = [parse_event(body) for body in bodies]

    with django_assert_num_queries(2 + 2):
        accept_events(project=project, payloads=payloads, now=NOW)
