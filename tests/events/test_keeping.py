"""Keeping refused events: what is kept, and that a sender's retry is not kept again."""

import pytest

from common.refusals import InvalidPayload
from events.acceptance import accept_events
from events.models import Event, RejectedEvent
from events.payloads import Source, parse_event
from events.unread import Unread, as_payload, keep_unread
from tests.world import NOW, a_definition, an_event, send

SILENT = Source("SEGMENT", "v-1", keeps_all=True)
BAD = {"id": "p-1", "metadata": {"amount": "12"}}


@pytest.fixture
def paid(project):
    return a_definition(project, "paid", {"amount": {"type": "number", "optional": True}})


def kept():
    return [(row.name, row.cause, row.source_id) for row in RejectedEvent.objects.order_by("id")]


def test_a_retry_of_a_refused_event_is_not_kept_again(project, paid):
    send(project, an_event("paid", **BAD), an_event("paid", **BAD))
    send(project, an_event("paid", **BAD))

    assert kept() == [("paid", "metadata_validation_failed metadata.amount:type", "p-1")]


def test_another_body_another_reason_and_an_event_without_an_id_are_kept(project, paid):
    send(project, an_event("paid", **BAD))
    send(project, an_event("paid", **BAD | {"metadata": {"amount": "13"}}))
    send(project, an_event("unheard of", id="p-1"))
    send(project, an_event("unheard of"), an_event("unheard of"))

    assert [(name, source_id) for name, _, source_id in kept()] == [
        ("paid", "p-1"),
        ("paid", "p-1"),
        ("unheard of", "p-1"),
        ("unheard of", None),
        ("unheard of", None),
    ]


def test_what_was_replayed_meanwhile_is_kept_when_it_is_refused_again(project, paid):
    send(project, an_event("paid", **BAD))
    RejectedEvent.objects.update(replayed_at=NOW)

    send(project, an_event("paid", **BAD))

    assert len(kept()) == 2


def test_another_projects_retry_is_kept_there(project, mallorys_project, paid):
    for owner in (project, mallorys_project):
        send(owner, an_event("unheard of", id="p-1"))

    assert {row.project for row in RejectedEvent.objects.all()} == {project, mallorys_project}


@pytest.mark.parametrize(
    "refused",
    [
        {"occurred_at": "2001-01-01T00:00:00Z"},
        {"referral": {"code": "NOBODYS"}},
        {"customer": {"id": "cust_0000000000000000000000"}},
    ],
)
def test_where_nobody_reads_the_answer_everything_is_kept(project, paid, refused):
    bodies = [an_event("paid", **refused)]

    accept_events(project=project, payloads=[parse_event(body) for body in bodies], now=NOW)
    assert kept() == []
    accept_events(project=project, payloads=[parse_event(body, SILENT) for body in bodies], now=NOW)

    assert [row.payload for row in RejectedEvent.objects.all()] == bodies
    assert Event.objects.count() == 0


@pytest.mark.parametrize("count", [1, 50])
def test_keeping_costs_the_same_for_one_and_for_fifty(project, paid, django_assert_num_queries, count):
    payloads = [parse_event(an_event("unheard of", id=f"u-{n}")) for n in range(count)]
    send(project, an_event("warm-up"))

    # Which ids were used before; two of a savepoint; which are kept already; the insert.
    with django_assert_num_queries(1 + 2 + 2):
        accept_events(project=project, payloads=payloads, now=NOW)

    assert len(kept()) == 1 + count


def test_what_is_no_event_is_kept_with_its_reason(project):
    refusal = InvalidPayload("The body is a riddle")

    for _ in range(2):
        keep_unread(project, [Unread("riddle", {"a": 1}, refusal, SILENT, "r-1")], now=NOW)

    row = RejectedEvent.objects.get()
    assert (row.name, row.payload, row.source_id, row.channel) == ("riddle", {"message": {"a": 1}}, "r-1", "SEGMENT")
    assert [error["message"] for error in row.errors] == ["The body is a riddle"]


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ({"a": 1}, {"message": {"a": 1}}),
        ([1], {"message": [1]}),
        ({"event": "paid", "occurred_at": 5}, {"event": "paid", "occurred_at": 5}),
        ({"event": "paid", "metadata": []}, {"message": {"event": "paid", "metadata": []}}),
        ({"event": "paid", "customer": "ben"}, {"message": {"event": "paid", "customer": "ben"}}),
        ({"event": 5}, {"message": {"event": 5}}),
        ({"a": "\x00"}, {"text": '{"a": "\\u0000"}'}),
        ({"a": "\ud800"}, {"text": '{"a": "\\ud800"}'}),
        ("x" * 100_000, {"text": '"' + "x" * (32 * 1024 - 1)}),
    ],
)
def test_what_cannot_be_stored_is_stored_as_text(raw, stored):
    assert as_payload(raw) == stored
