"""What the Segment door cannot accept: kept once, with the reason, and no neighbour is spoilt."""

from datetime import UTC, datetime

import pytest

from events.models import RejectedEvent
from tests.api.segment.caller import DONE, identify, rejected, send, track
from tests.world import balances

OLD, FUTURE = "2012-12-02T00:30:12.984Z", "2099-01-01T00:00:00Z"
NOT_ACCEPTED = {
    "an unknown event": (track(event="unheard of"), ("unheard of", "not_found custom_event_schema")),
    "metadata that does not fit": (
        track(properties={"amount": "12"}),
        ("paid", "metadata_validation_failed metadata.amount:type"),
    ),
    "a code that nobody has": (
        track(integrations={"Boon": {"referral": {"code": "NOBODYS"}}}),
        ("paid", "not_found voucher"),
    ),
    "a time too long ago": (track(timestamp=OLD), ("paid", "invalid_payload occurred_at:range")),
    "a time to come": (track(timestamp=FUTURE), ("paid", "invalid_payload occurred_at:range")),
    "a time that is none": (track(timestamp="noon"), ("paid", "invalid_payload occurred_at:datetime")),
    "no event": ({"type": "track", "userId": "ben"}, ("track", "invalid_payload event:required")),
    "nobody": ({"type": "track", "event": "paid"}, ("paid", "invalid_payload customer:required")),
    "an id that is none": (track([]), ("paid", "invalid_payload customer.source_id:type")),
    "a message id that is none": (track(messageId=[1]), ("paid", "invalid_payload id:type")),
    "an identify of nobody": ({"type": "identify", "traits": {}}, ("identify", "invalid_payload userId:required")),
    "traits that are none": (
        {"type": "identify", "userId": "ben", "traits": []},
        ("identify", "invalid_payload traits:type"),
    ),
    "an id too long": (identify("x" * 256), ("identify", "invalid_payload source_id:max_length")),
    "an unknown type": ({"type": "dance", "userId": "ben"}, ("message", "invalid_payload type:choice")),
    "no object": ("track", ("message", "invalid_payload message:type")),
    "a NUL": (track(properties={"a": "\x00"}), ("message", "invalid_payload message:unstorable")),
}

# Nothing tells a retry of these from another one.
WITHOUT_ID = ("no object", "a message id that is none")


@pytest.mark.parametrize("case", NOT_ACCEPTED)
def test_what_cannot_be_accepted_is_kept_once_and_spoils_no_neighbour(project, door, paid, case):
    message, kept = NOT_ACCEPTED[case]
    if case not in WITHOUT_ID:
        message = {"messageId": "m-1", **message}

    send(door, track("ada"), message, track("cleo"))
    send(door, message)

    assert balances(project) == {"ada": 10, "cleo": 10}
    assert {row[:2] for row in rejected()} == {kept}
    assert len(rejected()) == (2 if case in WITHOUT_ID else 1)


def test_what_was_refused_is_kept_as_the_event_that_it_was_to_be(door, paid):
    send(door, track(timestamp=OLD, properties={"amount": 5}, messageId="m-1", context={"ip": "::1"}))

    row = RejectedEvent.objects.get()
    assert row.payload == {
        "event": "paid",
        "customer": {"source_id": "ben"},
        "metadata": {"amount": 5},
        "id": "m-1",
        "occurred_at": OLD,
    }
    assert (row.occurred_at, row.channel, row.source_id) == (
        datetime(2012, 12, 2, 0, 30, 12, 984_000, UTC),
        "SEGMENT",
        "m-1",
    )
    assert [error["path"] for error in row.errors] == ["occurred_at"]


def test_another_message_under_the_same_id_is_kept(project, door, paid):
    send(door, track(messageId="m-1"))
    send(door, track("ada", messageId="m-1"))

    assert balances(project) == {"ben": 10}
    assert rejected() == [("paid", "duplicate_resource_key event", "m-1")]


def test_what_cannot_be_stored_is_kept_as_text(door):
    raw = b'{"batch": [{"type":"track","writeKey":"secret","userId":"\\ud800","properties":{"n":1e400,"a":1,"a":2}}]}'

    answer = door.raw("POST", "/v1/batch", raw)

    row = RejectedEvent.objects.get()
    assert (answer.status, row.payload) == (
        200,
        {"text": '{"type": "track", "userId": "\\ud800", "properties": [["n", "1e400"], ["a", 1], ["a", 2]]}'},
    )


@pytest.mark.parametrize("body", [{}, [], 7, "x", {"batch": {}}, {"batch": None, "writeKey": "secret"}])
def test_a_body_without_a_batch_is_kept(door, body):
    answer = door.post("/v1/batch", body)

    assert (answer.status, answer.body) == (200, DONE)
    assert len(rejected()) == 1
    assert "secret" not in str(RejectedEvent.objects.get().payload)
