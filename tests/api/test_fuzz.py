"""Events that no one would think of: whatever comes, an answer of the contract, and nothing half-done."""

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.jsons import dumps
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
CUSTOMERS = st.dictionaries(
    st.sampled_from(["source_id", "name", "email", "birthdate", "address", "metadata", "id"]), VALUES, max_size=4
)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


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


@settings(max_examples=100, suppress_health_check=QUIET)
@given(body=GOOD | SPOILT | VALUES)
def test_any_event_is_accepted_or_refused(api, shop, count_rows, body):
    answer = answered(api, count_rows, "/v1/events?expand=effects", body)

    if answer.status == 200:
        assert (answer.body["object"], answer.body["type"]) == ("event", body["event"])
    else:
        assert answer.body.keys() >= {"code", "key", "message", "details", "request_id"}


@settings(max_examples=60, suppress_health_check=QUIET)
@given(body=CUSTOMERS)
def test_any_customer_is_taken_or_refused(api, shop, count_rows, body):
    answer = answered(api, count_rows, "/v1/customers", body)

    if answer.status == 200:
        assert answer.body["metadata"] == (body.get("metadata") or {})
