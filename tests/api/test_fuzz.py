"""Events that no one would think of: whatever comes, an answer of the contract, and nothing half-done."""

import copy
import os

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.jsons import dumps
from tests.api.hostile import paths_of
from tests.common.test_strict_json import TEXTS, VALUES

PERSON = st.fixed_dictionaries({"source_id": st.sampled_from(["ada", "ben", "zebra-ben"]) | TEXTS.filter(bool)})
GOOD = st.fixed_dictionaries(
    {"event": st.just("zebra_signed_up"), "customer": PERSON},
    optional={
        "metadata": st.dictionaries(st.sampled_from(["note", "extra"]) | TEXTS, VALUES, max_size=4),
        "referral": st.sampled_from([{"code": "zebra-01"}, {"code": "NOBODYS"}, None]),
        "loyalty": st.none() | st.fixed_dictionaries({"code": TEXTS}),
    },
)
# A good body with any of its parts spoilt.
SPOILT = st.tuples(
    GOOD, st.dictionaries(st.sampled_from(["event", "customer", "metadata", "referral", "loyalty", "id"]), VALUES)
).map(lambda pair: pair[0] | pair[1])
# A full event, one place of it replaced, dropped, wrapped in a list or object, or made larger.
FULL = {
    "event": "zebra_signed_up",
    "customer": {
        "source_id": "zebra-ben",
        "email": "ben@example.com",
        "address": {"city": "Berlin"},
        "metadata": {"a": 1},
    },
    "referral": {"code": "zebra-01"},
    "loyalty": {"code": "zebra-02"},
    "metadata": {"note": "Hello", "extra": [1, {"b": None}]},
    "id": "order-1",
}
TWISTS = st.sampled_from(
    [
        lambda value: [value],
        lambda value: {"value": value},
        lambda value: [value] * 300,
        lambda value: str(value) * 50,
        lambda value: None,
    ]
) | VALUES.map(lambda other: lambda value: other)


@st.composite
def nearly_full(draw):
    body = copy.deepcopy(FULL)
    for _ in range(draw(st.integers(1, 3))):
        *way, name = draw(st.sampled_from(sorted(paths_of(body), key=repr)))
        inner = body
        for step in way:
            inner = inner[step]
        if draw(st.booleans()):
            inner[name] = draw(TWISTS)(inner[name])
        else:
            del inner[name]
        if not body:
            break
    return body


# One that is made larger again and again is too large to be looked at, which is another test's.
NEARLY = nearly_full().filter(lambda body: len(dumps(body)) < 200_000)
CUSTOMERS = st.dictionaries(
    st.sampled_from(["source_id", "name", "email", "birthdate", "address", "metadata", "id"]), VALUES, max_size=4
)
# `make soak` looks longer.
MORE = 50 if os.environ.get("SOAK") else 1
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def kinds(effects):
    return [effect["kind"] for effect in effects]


def answered(api, count_rows, path, body):
    """The answer, what it wrote taken back; a refusal has to have written nothing."""
    with transaction.atomic():
        before = count_rows()
        answer = api.raw("POST", path, dumps(body).encode())
        untouched = count_rows() == before
        transaction.set_rollback(True)
    assert answer.status in {200, 400, 404}, answer.body
    assert untouched or answer.status == 200
    return answer


@settings(max_examples=100 * MORE, suppress_health_check=QUIET)
@given(body=GOOD | SPOILT | NEARLY | VALUES)
def test_any_event_is_accepted_or_refused(api, shop, count_rows, body):
    answer = answered(api, count_rows, "/v1/events?expand=effects", body)

    if answer.status == 200:
        assert (answer.body["object"], answer.body["type"]) == ("event", body["event"])
    else:
        assert answer.body.keys() >= {"code", "key", "message", "details", "request_id"}


@settings(max_examples=40 * MORE, suppress_health_check=QUIET)
@given(bodies=st.lists(GOOD | SPOILT | NEARLY | VALUES, min_size=1, max_size=5))
def test_any_batch_is_answered_item_by_item(api, shop, count_rows, bodies):
    answer = answered(api, count_rows, "/v1/events/batch", {"events": bodies})

    assert [item["index"] for item in answer.body["data"]] == list(range(len(bodies)))
    assert all(("error" in item) is (item["status"] == "rejected") for item in answer.body["data"])


@settings(max_examples=40 * MORE, suppress_health_check=QUIET)
@given(body=GOOD | SPOILT | NEARLY | VALUES)
def test_any_dry_run_answers_as_the_event_would_and_writes_nothing(api, shop, count_rows, body):
    before = count_rows()

    tried = api.raw("POST", "/v1/events?dry_run=true", dumps(body).encode())
    untouched = count_rows() == before
    done = answered(api, count_rows, "/v1/events?expand=effects", body)

    assert (tried.status, untouched) == (done.status, True)
    if done.status == 200:
        assert kinds(tried.body["effects"]) == kinds(done.body["effects"])
    else:
        assert tried.body["details"] == done.body["details"]


@settings(max_examples=60 * MORE, suppress_health_check=QUIET)
@given(body=CUSTOMERS)
def test_any_customer_is_taken_or_refused(api, shop, count_rows, body):
    answer = answered(api, count_rows, "/v1/customers", body)

    if answer.status == 200:
        assert answer.body["metadata"] == (body.get("metadata") or {})
