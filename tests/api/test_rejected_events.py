"""Rejected events over HTTP: listed, grouped by cause, looked at, mended and replayed."""

from datetime import timedelta

import pytest
from django.db import transaction

from common.ids import public_id, uuid7
from events.models import Event, RejectedEvent, RejectedTally
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.publishing import DefinitionChange, change_definition
from eventschema.spec import PropertySpec
from outbox.actions import RunAction
from outbox.models import OutboxMessage
from projects.models import AsyncAction
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_loyalty_programme,
    a_proportional_rule,
    an_event,
    balances,
    send,
)

LIST = "/v1/rejected-events"
REPLAY = f"{LIST}/replay"
AMOUNT = {"type": "number", "optional": False}
CAUSE = "metadata_validation_failed metadata.amount:type"


@pytest.fixture
def paid(project):
    """A payment earns a point for each of its amount."""
    paid = a_definition(project, "paid", {"amount": AMOUNT})
    a_proportional_rule(a_loyalty_programme(project), paid, points=1, every="1", of="amount")
    return paid


def a_payment(by="ben", amount="12", **parts):
    return an_event("paid", by=by, metadata={"amount": amount}, **parts)


def work():
    """What the worker does about what waits."""
    for message in OutboxMessage.objects.filter(done_at=None).order_by("pk"):
        RunAction().handle(message.payload)


def outcome():
    """What the last async action came to."""
    action = AsyncAction.objects.latest("created_at")
    return action.operation_status, action.done_count, action.failed_count


def listed(api, **query):
    answer = api.get(LIST, **query)
    assert answer.status == 200
    return answer.body["data"]


def test_a_rejected_event_is_told_with_payload_errors_and_attempts(api, project, paid):
    body = a_payment(id="order-1", occurred_at="2026-11-22T09:00:00Z")
    send(project, body)
    row = RejectedEvent.objects.get()

    answer = api.get(f"{LIST}/{row.public_id}")

    assert (answer.status, answer.body) == (
        200,
        {
            "object": "rejected_event",
            "id": row.public_id,
            "event": "paid",
            "key": "metadata_validation_failed",
            "cause": CAUSE,
            "reaction": None,
            "payload": body,
            "errors": [
                {
                    "path": "metadata.amount",
                    "code": "type",
                    "message": "amount: must be a number, property is required (actual value is '12')",
                    "actual": "12",
                }
            ],
            "attempts": 1,
            "source_id": "order-1",
            "event_id": None,
            "occurred_at": "2026-11-22T09:00:00.000Z",
            "created_at": "2026-11-22T10:00:00.000Z",
            "replayed_at": None,
        },
    )


def test_what_came_last_is_listed_first_in_pages(api, project, paid):
    send(project, *(a_payment(f"customer {n}") for n in range(3)))

    first = api.get(LIST, limit="2").body
    second = api.get(LIST, limit="2", starting_after_id=first["more_starting_after"]).body

    people = [[item["payload"]["customer"]["source_id"] for item in page["data"]] for page in (first, second)]
    assert people == [["customer 2", "customer 1"], ["customer 0"]]
    assert (first["has_more"], second["has_more"], second["more_starting_after"]) == (True, False, None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"event": "paid"}, ["paid", "paid"]),
        ({"event": "pai"}, []),
        ({"key": "not_found"}, ["unheard_of"]),
        ({"cause": CAUSE}, ["paid"]),
        ({"cause": CAUSE, "key": "not_found"}, []),
        ({"created_at[before]": "2026-11-22T10:00:01Z"}, ["paid", "paid"]),
        ({"created_at[after]": "2026-11-22T10:00:01Z"}, ["unheard_of"]),
    ],
)
def test_rejected_events_are_filtered(api, project, paid, query, found):
    send(project, a_payment(), an_event("paid"))
    send(project, an_event("unheard_of"), now=NOW + timedelta(minutes=1))

    assert [item["event"] for item in listed(api, **query)] == found


def test_causes_are_counted_with_an_example(api, project, paid):
    send(project, *(a_payment(f"customer {n}") for n in range(3)), an_event("unheard_of"))
    RejectedTally.objects.create(project=project, dropped_count=7)
    keys = dict(RejectedEvent.objects.order_by("pk").values_list("cause", "pk"))

    body = api.get(LIST, group_by="cause").body

    assert body == {
        "object": "list",
        "data_ref": "data",
        "data": [
            {"cause": CAUSE, "count": 3, "example_id": public_id("rej", keys[CAUSE])},
            {
                "cause": "not_found custom_event_schema",
                "count": 1,
                "example_id": public_id("rej", keys["not_found custom_event_schema"]),
            },
        ],
        "has_more": False,
        "dropped": 7,
    }
    assert [item["cause"] for item in listed(api, group_by="cause", event="unheard_of")] == [
        "not_found custom_event_schema"
    ]


def test_a_grouping_by_something_else_is_refused(api, paid):
    answer = api.get(LIST, group_by="customer")

    assert (answer.status, answer.key, answer.paths) == (400, "invalid_query_params", ["group_by"])


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize(("query", "statements"), [({"limit": "100"}, 3), ({"group_by": "cause"}, 3)])
def test_a_list_costs_the_same_for_one_and_for_fifty(
    api, project, paid, count, query, statements, django_assert_num_queries
):
    send(project, *(a_payment(f"customer {n}") for n in range(count)))
    api.get("/v1/customers")

    with django_assert_num_queries(statements):
        api.get(LIST, **query)


# --- personal data --------------------------------------------------------------------------------


def seen(api):
    """What the list and the single answer show of the newest: payload and errors."""
    (item, *_) = listed(api)
    single = api.get(f"{LIST}/{item['id']}").body
    assert single == item
    return item["payload"]["metadata"], item["errors"]


def test_personal_properties_are_masked_in_payload_and_errors(api, project):
    mail = {"type": "string", "optional": True, "personal": True, "aliases": ["email"]}
    a_definition(project, "subscribed", {"mail": mail, "amount": AMOUNT})
    send(project, an_event("subscribed", metadata={"mail": 4711, "email": "ben@example.com", "amount": "x"}))

    metadata, errors = seen(api)

    assert metadata == {"mail": "***", "email": "***", "amount": "x"}
    assert errors == [
        {"path": "metadata.mail", "code": "type", "message": "mail: must be a string", "actual": "***"},
        {
            "path": "metadata.amount",
            "code": "type",
            "message": "amount: must be a number, property is required (actual value is 'x')",
            "actual": "x",
        },
    ]


def test_what_is_personal_in_a_nested_object_is_masked_whatever_stands_there(api, project):
    specs = [PropertySpec("street", "string", personal=True), PropertySpec("city", "string")]
    save_nested_schema(MetadataSchema(project=project, related_object="place"), specs, by=TESTER, now=NOW)
    a_definition(project, "moved", {"where": {"type": "object", "optional": True, "object_type": "place"}})

    send(project, an_event("moved", metadata={"where": {"street": 5, "city": "London"}}))
    of_object = seen(api)
    send(project, an_event("moved", metadata={"where": "Main St 1"}))
    of_text = seen(api)

    assert (of_object[0], [error["actual"] for error in of_object[1]]) == (
        {"where": {"street": "***", "city": "London"}},
        ["***"],
    )
    assert (of_text[0], of_text[1][0]["message"], of_text[1][0]["actual"]) == (
        {"where": "***"},
        "where: must be an object",
        "***",
    )


def test_a_property_that_was_personal_once_stays_masked(api, project):
    personal = {"type": "string", "optional": True, "personal": True}
    definition = a_definition(project, "subscribed", {"mail": personal, "amount": AMOUNT})
    send(project, an_event("subscribed", metadata={"mail": "ben@example.com"}))
    plain = DefinitionChange([PropertySpec("mail", "string"), PropertySpec("amount", "number")])
    change_definition(definition, plain, by=TESTER, now=NOW)

    assert seen(api)[0] == {"mail": "***"}


# --- replay ---------------------------------------------------------------------------------------


def test_a_cause_is_mended_and_replayed_once_however_often_it_is_asked_for(api, project, paid):
    send(project, *(a_payment(f"customer {n:02}") for n in range(20)))
    body = {"filter": {"cause": CAUSE}, "cast": {"metadata.amount": "number"}}

    answers = [api.post(REPLAY, body), api.post(REPLAY, body)]
    work()

    action = AsyncAction.objects.order_by("created_at").first()
    assert (answers[0].status, answers[0].body) == (202, {"async_action_id": action.public_id})
    assert (action.operation_status, action.done_count, action.failed_count) == ("SUCCESS", 20, 0)
    assert answers[1].status == 202
    assert balances(project) == {f"customer {n:02}": 12 for n in range(20)}
    assert set(Event.objects.values_list("occurred_at", flat=True)) == {NOW}
    assert listed(api) == []


def test_a_replayed_event_is_found_by_its_id_with_what_became_of_it(api, project, paid):
    send(project, a_payment())
    row = RejectedEvent.objects.get()

    api.post(REPLAY, {"ids": [row.public_id], "cast": {"metadata.amount": "number"}})
    work()

    told = api.get(f"{LIST}/{row.public_id}").body
    assert told["event_id"] == Event.objects.get().public_id
    assert told["replayed_at"] is not None


def test_what_stays_is_told_by_the_action_without_its_values(api, project, paid):
    send(project, a_payment("ada"), a_payment("ben", "secret"))

    api.post(REPLAY, {"filter": {"event": "paid"}, "cast": {"metadata.amount": "number"}})
    work()

    (stayed,) = listed(api)
    assert outcome() == ("SUCCESS", 1, 1)
    assert AsyncAction.objects.get().failed == [
        {"source_id": stayed["id"], "reason": "amount: cannot be cast to number"}
    ]
    assert (stayed["attempts"], stayed["cause"]) == (2, "metadata_validation_failed metadata.amount:cast")


def test_an_action_that_is_run_again_counts_what_was_done_and_does_nothing_twice(api, project, paid):
    send(project, *(a_payment(f"customer {n}") for n in range(5)))
    api.post(REPLAY, {"filter": {"event": "paid"}, "cast": {"metadata.amount": "number"}})
    work()
    AsyncAction.objects.update(status="IN_PROGRESS")

    work()

    assert outcome() == ("SUCCESS", 5, 0)
    assert Event.objects.count() == 5


def test_what_came_in_after_the_request_is_left_alone(api, project, paid):
    send(project, a_payment("ada"))
    api.post(REPLAY, {"filter": {"event": "paid"}, "cast": {"metadata.amount": "number"}})
    action = AsyncAction.objects.get()
    send(project, a_payment("ben"), now=action.created_at + timedelta(seconds=1))

    work()

    assert [item["payload"]["customer"]["source_id"] for item in listed(api)] == ["ben"]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["ids"]),
        ({"ids": None, "filter": None}, ["ids"]),
        ({"ids": ["rej_1"], "filter": {"event": "paid"}}, ["ids"]),
        ({"ids": []}, ["ids"]),
        ({"ids": "rej_1"}, ["ids"]),
        ({"ids": ["rej_1", 5, None, "event_0000000000000000000000"]}, ["ids.0", "ids.1", "ids.2", "ids.3"]),
        ({"ids": ["x"] * 5_001}, ["ids"]),
        ({"filter": {}}, ["filter"]),
        ({"filter": {"event": None}}, ["filter"]),
        ({"filter": "paid"}, ["filter"]),
        (
            {"filter": {"event": 5, "cause": "", "customer": "ben"}},
            ["filter.event", "filter.cause", "filter.customer"],
        ),
        (
            {"filter": {"created_at": {"before": "never", "since": 1}}},
            ["filter.created_at.before", "filter.created_at.since"],
        ),
        ({"filter": {"created_at": "today"}}, ["filter.created_at"]),
        (
            {
                "filter": {"evnt": "x"},
                "set": {"customer.id": 1},
                "rename": {"metadata.a": "b.c"},
                "cast": {"metadata.a": "money"},
            },
            ["filter.evnt", "set.customer.id", "rename.metadata.a", "cast.metadata.a"],
        ),
    ],
)
def test_a_request_that_cannot_be_meant_starts_nothing_and_names_every_field(api, paid, body, paths):
    answer = api.post(REPLAY, body)

    assert (answer.status, answer.key, answer.paths) == (400, "invalid_payload", paths)
    assert not AsyncAction.objects.exists()


def test_times_are_written_as_in_queries_or_as_an_object(api, project, paid):
    send(project, a_payment())
    edits = {"cast": {"metadata.amount": "number"}}

    api.post(REPLAY, {"filter": {"created_at[after]": "2026-11-22T10:00:00Z"}, **edits})
    work()
    before = Event.objects.count()
    api.post(REPLAY, {"filter": {"created_at": {"after": "2026-11-22T09:59:59Z"}}, **edits})
    work()

    assert (before, Event.objects.count()) == (0, 1)


def test_an_id_that_the_project_does_not_have_starts_nothing(api, project, mallorys_project, paid):
    send(project, a_payment())
    a_definition(mallorys_project, "paid", {"amount": AMOUNT})
    send(mallorys_project, a_payment())
    own, others = (RejectedEvent.objects.get(project=which).public_id for which in (project, mallorys_project))

    answers = [api.post(REPLAY, {"ids": [own, key]}) for key in (others, public_id("rej", uuid7()))]

    assert [(answer.status, answer.key) for answer in answers] == [(404, "not_found")] * 2
    assert not AsyncAction.objects.exists()


def test_a_filter_reaches_no_further_than_the_project(api, project, mallorys_project, paid):
    a_definition(mallorys_project, "paid", {"amount": AMOUNT})
    send(mallorys_project, a_payment())

    api.post(REPLAY, {"filter": {"event": "paid"}, "cast": {"metadata.amount": "number"}})
    work()

    assert (Event.objects.count(), RejectedEvent.objects.get().replayed_at) == (0, None)


def test_an_action_is_kept_only_with_its_message(api, paid):
    with transaction.atomic():
        api.post(REPLAY, {"filter": {"event": "paid"}})
        transaction.set_rollback(True)

    assert (AsyncAction.objects.count(), OutboxMessage.objects.count()) == (0, 0)


def test_the_document_says_that_a_replay_is_taken_on(api):
    document = api.get("/openapi.json").body

    answers = document["paths"]["/v1/rejected-events/replay"]["post"]["responses"]
    assert sorted(answers) == ["202", "400", "401", "403", "404", "409", "413", "415", "429", "503"]
