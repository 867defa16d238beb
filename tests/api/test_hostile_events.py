"""What senders may put into the parts of an event that are ours: its id, its time, the options of the query, batches.

The answers stand here, so both databases are held to the same ones.
"""

import pytest

from common.jsons import dumps
from tests.api.hostile import NEVER_JSON, VALUES
from tests.api.shop import MARK
from tests.world import an_event

EVENT = an_event(f"{MARK}_signed_up")

# Real moments are of yesterday, today or whenever: what is too old or too far ahead is refused for that.
WRONG_FORMS = [
    "",
    "yesterday",
    "2026",
    "2026-11-22",
    "2026-11-22T10:00:00",  # whose clock?
    "2026-11-22 10:00:00Z",
    "2026-11-22T10:00:00+0",
    "2026-11-22T10:00:00+25:00",
    "2026-11-22T10:00:00[Europe/Berlin]",
    "2026-11-22T24:00:00Z",
    "2026-11-22T23:59:60Z",  # no leap second was ever in November
    "2016-12-31T23:59:60Z",  # this one was
    "2026-02-30T10:00:00Z",
    "2026-13-01T10:00:00Z",
    "2026-11-22T10:00:00.1234567890Z",
    "2026-W47-7T10:00:00Z",
    "20261122T100000Z",
    "-2026-11-22T10:00:00Z",
    "+12026-11-22T10:00:00Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",  # before all time in UTC
    "9999-12-31T23:59:59-14:00",  # after it
    "٢٠٢٦-11-22T10:00:00Z",
    "2026-11-22T10:00:00Z\n",
    " 2026-11-22T10:00:00Z",
    "2026-11-22t10:00:00z",
    1_795_000_000,
    True,
    [],
    {},
]
TOO_OLD = ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1999-12-31T23:59:59.999999999+14:00"]
TOO_FAR_AHEAD = ["9999-12-31T23:59:59Z", "2999-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999999+00:00"]

# Bytes of the header, and what they are answered; None for no refusal.
HEADER_KEYS = {
    "an ordinary one": ("order-1", None),
    "the longest": ("k" * 200, None),
    "one too many": ("k" * 201, "length"),
    "the longest in three bytes each": ("€".encode().decode("latin-1") * 200, None),
    "300 letters": ("k" * 300, "length"),
    "nothing": ("", "length"),
    "blanks inside": ("order 1", None),
    "latin-1": ("Zoë", None),
    "bytes that are no utf-8": ("\xff\xfe", None),
    "a bidi override": ("\u202e1".encode().decode("latin-1"), None),
    "quotes": ("' OR 1=1 --", None),
}

DRY_RUNS = {"true": 200, "false": 200, "": 400, "True": 400, "1": 400, "true,false": 400, "%00": 400, "tru%C3%A9": 400}
EXPANSIONS = ["effects", "", "nothing", "effects,effects", "effects,%F0%9F%98%80", "a" * 2_000]
OPTIONS = {f"dry_run={value}": status for value, status in DRY_RUNS.items()} | {
    f"expand={value}": 200 for value in EXPANSIONS
}
SINGLE = ("/v1/events", "/v1/events?dry_run=true")


@pytest.fixture
def track(shop, api, undone):
    """Sends to the three ways in; (answer to the single one, item of the batch, answer to the dry run)."""

    def tracked(body, **options):
        def sent(path, content):
            return undone(lambda: api.raw("POST", path, dumps(content).encode(), **options))

        batch = sent("/v1/events/batch", {"events": [body]})
        return sent("/v1/events", body), batch.body["data"][0], sent("/v1/events?dry_run=true", body)

    return tracked


def refused(answers):
    """Where all three say the same: the status, and path and code of every error."""
    single, item, dry_run = answers
    bodies = [single.body, item["error"], dry_run.body]
    said = [(body["code"], [(error["path"], error["code"]) for error in body["errors"]]) for body in bodies]
    assert said == [said[0]] * 3
    assert {single.status, dry_run.status} == {said[0][0]}
    return said[0]


def test_a_time_that_is_none_or_out_of_bounds_is_refused(track, count_rows):
    before = count_rows()

    wrong = [refused(track(EVENT | {"occurred_at": moment})) for moment in WRONG_FORMS]
    out_of_bounds = [refused(track(EVENT | {"occurred_at": moment})) for moment in [*TOO_OLD, *TOO_FAR_AHEAD]]

    assert wrong == [(400, [("occurred_at", "datetime")])] * len(WRONG_FORMS)
    assert out_of_bounds == [(400, [("occurred_at", "range")])] * len([*TOO_OLD, *TOO_FAR_AHEAD])
    assert count_rows() == before


def test_a_key_in_the_header_is_taken_or_refused(shop, api, undone):
    def sent(path, key):
        answer = undone(lambda: api.raw("POST", path, dumps(EVENT).encode(), headers={"Idempotency-Key": key}))
        return None if answer.status == 200 else [(error["path"], error["code"]) for error in answer.body["errors"]]

    answers = {name: [sent(path, key) for path in SINGLE] for name, (key, _) in HEADER_KEYS.items()}

    assert answers == {name: [code and [("Idempotency-Key", code)]] * 2 for name, (_, code) in HEADER_KEYS.items()}


def test_a_key_in_the_body_is_a_text_of_at_most_200_characters(track):
    values = [value for value in [*VALUES, "k" * 201] if value is not None]

    said = [refused(track(EVENT | {"id": value})) for value in values]

    assert said == [(400, [("id", "length" if isinstance(value, str) else "type")]) for value in values]


def test_options_of_the_query_are_taken_or_refused(shop, api, undone):
    def statuses(path, content):
        def status(query):
            return undone(lambda: api.raw("POST", f"{path}?{query}", dumps(content).encode()).status)

        return {query: status(query) for query in OPTIONS}

    assert statuses("/v1/events", EVENT) == OPTIONS
    assert statuses("/v1/events/batch", {"events": [EVENT]}) == OPTIONS


# These leave no JSON around them either.
NO_ITEM = {
    "an opening brace",
    "two documents",
    "a trailing comma",
    "single quotes",
    "a comment",
    "a byte order mark",
    "utf-16",
    "latin-1",
    "overlong utf-8",
    "a surrogate in utf-8",
    "nul bytes",
    "a raw nul",
    "2,000 levels",
    "100,000 levels",
    "100,000 levels of objects",
    "100,000 opening brackets",
    "300 kilobytes of blanks",
    "a form",
    "xml",
}


def test_an_item_that_cannot_be_stored_spoils_no_neighbour(shop, api, undone):
    good = dumps(EVENT).encode()

    def sent(raw):
        answer = undone(lambda: api.raw("POST", "/v1/events/batch", b'{"events":[%s,%s,%s]}' % (good, raw, good)))
        return answer.key if answer.status == 400 else [item["status"] for item in answer.body["data"]]

    answers = {name: sent(raw) for name, raw in NEVER_JSON.items()}

    alone = ["accepted", "rejected", "accepted"]
    assert answers == {name: "invalid_payload" if name in NO_ITEM else alone for name in NEVER_JSON}
