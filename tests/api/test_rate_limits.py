"""Keys with a limit: every answer tells how much is left, and one too many is 429 (contract a.3)."""

import time

import pytest

from events.models import Event
from projects.keys import create_key, limit_key
from projects.models import RequestCount
from tests.api.caller import HEADERS, Api
from tests.factories import ProjectFactory
from tests.projects.minutes import a_minute_of, end_minute_of
from tests.threads import at_once
from tests.world import TESTER, a_definition, an_event

LIMIT = 10
# The least of each way in: what is tracked, what is read, and what a management key is for.
CALLS = [
    ("server", "POST", "/v1/events", an_event()),
    ("server", "POST", "/v1/events?dry_run=true", an_event()),
    ("server", "POST", "/v1/events/batch", {"events": [an_event()] * 5}),
    ("server", "GET", "/v1/events", None),
    ("management", "GET", "/management/v1/projects", None),
]


def limited(project, kind="server", *, used):
    """A key of ten requests a minute, and the API with it."""
    key, token = create_key(project, kind=kind, by=TESTER, rate_limit=LIMIT)
    a_minute_of(key, used=used)
    return key, Api(dict(zip(HEADERS[kind], (key.key_id, token), strict=True)))


def told(answer):
    return {name: value for name, value in answer.headers.items() if name.startswith(("X-Rate-Limit", "Retry"))}


@pytest.fixture
def shop(project):
    a_definition(project, "signed_up")
    return project


@pytest.mark.parametrize(("kind", "method", "path", "body"), CALLS)
def test_an_answer_tells_what_is_left(shop, kind, method, path, body):
    _, api = limited(shop, kind, used=3)

    answer = api.call(method, path, body)

    now = int(answer.headers["X-Rate-Limit-Retry"])
    assert answer.status == 200
    assert told(answer) == {
        "X-Rate-Limit-Limit": "10",
        "X-Rate-Limit-Remaining": "6",
        "X-Rate-Limit-Retry": str(now),
    }
    assert abs(now - time.time()) < 30


@pytest.mark.parametrize(("kind", "method", "path", "body"), CALLS)
def test_one_too_many_is_refused_and_does_nothing(shop, kind, method, path, body):
    key, api = limited(shop, kind, used=LIMIT)

    answer = api.call(method, path, body)

    wait = int(answer.headers["Retry-After"])
    assert answer.body == {
        "code": 429,
        "key": "too_many_requests",
        "message": "Too many requests hit the API too quickly.",
        "details": "This key may make 10 requests a minute",
        "request_id": answer.body["request_id"],
    }
    assert told(answer) == {
        "X-Rate-Limit-Limit": "10",
        "X-Rate-Limit-Remaining": "0",
        "X-Rate-Limit-Retry": str((RequestCount.objects.get(key=key).minute + 1) * 60),
        "Retry-After": str(wait),
    }
    assert 1 <= wait <= 120
    assert Event.objects.count() == 0


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/events", {"event": 5}, 400),
        ("/v1/events", an_event("unheard of"), 404),
        ("/v1/events/batch", {"events": 5}, 400),
        ("/v1/customers", {"name": 5}, 400),
    ],
)
def test_a_refused_request_counts_and_is_told_so(shop, path, body, status):
    _, api = limited(shop, used=3)

    answer = api.post(path, body)

    assert (answer.status, answer.headers["X-Rate-Limit-Remaining"]) == (status, "6")


def test_the_last_request_is_told_when_there_will_be_more(shop):
    key, api = limited(shop, used=LIMIT - 1)

    answer = api.get("/v1/events")

    assert answer.status == 200
    assert told(answer) == {
        "X-Rate-Limit-Limit": "10",
        "X-Rate-Limit-Remaining": "0",
        "X-Rate-Limit-Retry": str((RequestCount.objects.get(key=key).minute + 1) * 60),
    }


def test_a_new_minute_has_new_requests(shop):
    key, api = limited(shop, used=LIMIT)
    end_minute_of(key)

    assert api.post("/v1/events", an_event()).status == 200


def test_a_limit_holds_for_its_own_key(shop, api):
    limited(shop, used=LIMIT)
    a_minute_of(create_key(shop, kind="server", by=TESTER)[0], used=LIMIT)

    answer = api.get("/v1/events")

    assert (answer.status, told(answer)) == (200, {})


def test_a_wrong_token_counts_for_nobody(shop):
    key, api = limited(shop, used=3)
    wrong = Api({**api.headers, "X-App-Token": "wrong"})

    answers = [wrong.get("/v1/events"), wrong.post("/v1/events", an_event()), wrong.post("/v1/events", {})]

    assert [(answer.status, told(answer)) for answer in answers] == [(401, {})] * 3
    assert RequestCount.objects.get(key=key).count == 3


def test_a_changed_limit_holds_from_the_next_event_on(shop):
    key, api = limited(shop, used=3)
    first = api.post("/v1/events", an_event())

    limit_key(key, 20, by=TESTER)

    second = api.post("/v1/events", an_event())
    assert [told(answer)["X-Rate-Limit-Limit"] for answer in (first, second)] == ["10", "20"]


def test_of_events_at_the_same_moment_as_many_are_accepted_as_are_left(transactional_db, grouped):
    project = ProjectFactory()
    a_definition(project, "signed_up")
    _, api = limited(project, used=4)

    answers = at_once([lambda: api.post("/v1/events", an_event())] * 12)

    assert sorted(answer.status for answer in answers) == [200] * 6 + [429] * 6
    assert sorted(told(answer)["X-Rate-Limit-Remaining"] for answer in answers) == sorted([*"543210", *"0" * 6])
    assert Event.objects.count() == 6


@pytest.mark.parametrize("count", [1, 50])
def test_tracking_with_a_limited_key_takes_one_statement_more(shop, count, django_assert_num_queries):
    key, api = limited(shop, used=1)
    limit_key(key, 1_000, by=TESTER)
    body = {"events": [an_event()] * count}
    api.post("/v1/events/batch", body)

    # The key's revision, the count, and the budget of plain events (tests/events/test_budgets.py).
    with django_assert_num_queries(1 + 1 + 2 + 2):
        assert api.post("/v1/events/batch", body).status == 200
