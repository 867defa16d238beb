"""The Segment door itself: who may come in, how a body has to come, what is answered where nothing can be kept."""

import base64
import gzip

import pytest

from common.jsons import dumps
from customers.models import Customer
from events.models import Event, RejectedEvent
from projects.keys import create_key, revoke_keys
from projects.models import ApiKey
from tests.api.caller import Api, key_headers
from tests.api.hostile import NEVER_JSON
from tests.api.routes import segment_routes
from tests.api.segment.caller import DONE, basic, door_of, zipped
from tests.projects.minutes import a_minute_of
from tests.world import NOW, TESTER, a_definition

LIMIT = 5 * 1024 * 1024
MESSAGES = {
    "v1/track": {"userId": "ben", "event": "paid"},
    "v1/identify": {"userId": "ben", "traits": {"plan": "gold"}},
    "v1/batch": {"batch": [{"type": "track", "userId": "ben", "event": "paid"}]},
    "v1/page": {"userId": "ben"},
    "v1/screen": {"userId": "ben"},
    "v1/group": {"userId": "ben", "groupId": "g"},
    "v1/alias": {"userId": "ben", "previousId": "a-1"},
}
UNAUTHORIZED = {"code": 401, "key": "unauthorized", "message": "Unauthorized", "request_id": ""}


@pytest.fixture
def door(project):
    a_definition(project, "paid")
    return door_of(project)


def test_every_route_of_the_door_is_tried_here():
    assert set(segment_routes()) == {("POST", route) for route in MESSAGES}


@pytest.mark.parametrize("route", MESSAGES)
def test_a_server_keys_token_opens_every_route(door, route):
    answer = door.post(f"/{route}", MESSAGES[route])

    assert (answer.status, answer.body) == (200, DONE)


@pytest.mark.parametrize("route", MESSAGES)
def test_what_a_stranger_sends_is_his_own(door, mallorys_project, route):
    door_of(mallorys_project).post(f"/{route}", MESSAGES[route])

    rows = [*Customer.objects.all(), *Event.objects.all(), *RejectedEvent.objects.all()]
    assert {row.project for row in rows} <= {mallorys_project}


def closed(project):
    """Headers that open nothing."""
    key, token = create_key(project, kind="server", by=TESTER)
    revoked, revoked_token = create_key(project, kind="server", by=TESTER)
    revoke_keys([revoked], by=TESTER, now=NOW)
    return {
        "nothing": {},
        "no user name": basic(""),
        "the key's id": basic(key.key_id),
        "the id and the token": basic(key.key_id, token),
        "a password": basic(token, "x"),
        "the token as password": basic("", token),
        "a cut token": basic(token[:-1]),
        "the token's hash": basic(key.token_hash),
        "a revoked key": basic(revoked_token),
        "a client key": basic(create_key(project, kind="client", by=TESTER)[1]),
        "a management key": basic(create_key(project, kind="management", by=TESTER)[1]),
        "another scheme": {"Authorization": f"Bearer {token}"},
        "no Base64": {"Authorization": f"Basic {token}:"},
        "no colon": {"Authorization": f"Basic {base64.b64encode(token.encode()).decode()}"},
        "no UTF-8": {"Authorization": "Basic /////w=="},
        "a NUL": basic("\x00"),
        "an umlaut": {"Authorization": "Basic Zoë"},
        "the headers of the other routes": key_headers(project, "server"),
    }


def test_nothing_else_opens_any_route_and_nothing_is_written(project, door, count_rows):
    headers = closed(project)
    before = count_rows()

    answers = {
        (name, route): Api(shown).post(f"/{route}", MESSAGES[route])
        for name, shown in headers.items()
        for route in MESSAGES
    }

    assert {case: answer.status for case, answer in answers.items()} == dict.fromkeys(answers, 401)
    assert [answer.body | {"request_id": ""} for answer in answers.values()] == [UNAUTHORIZED] * len(answers)
    assert (count_rows(), RejectedEvent.objects.count()) == (before, 0)


def test_who_has_no_key_learns_nothing_of_his_body(door):
    bodies = [b"{", b"x" * (LIMIT + 1)]

    assert [Api({}).raw("POST", "/v1/batch", body).status for body in bodies] == [401, 401]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_refused_to_all(door, method):
    paths = [f"/{route}" for route in MESSAGES]

    assert {Api({}).raw(method, path).status for path in paths} == {401}
    assert {door.raw(method, path).status for path in paths} <= {200 if method == "OPTIONS" else 405}


def test_a_key_opens_no_other_route_by_its_token_alone(door):
    assert door.get("/v1/customers").status == 401


@pytest.mark.parametrize("route", ["v1/track", "v1/identify"])
def test_a_key_tells_when_it_was_used(door, route):
    assert ApiKey.objects.get().last_used_at is None

    door.post(f"/{route}", MESSAGES[route])

    assert ApiKey.objects.get().last_used_at is not None


# JSON that Boon does not take elsewhere. A key that stands twice at the top is refused here as well.
KEPT = {
    *("an escaped nul", "a nul in a key", "a lone surrogate", "a lone low surrogate", "a lone surrogate in a key"),
    *("NaN", "Infinity", "minus Infinity", "1e400", "minus 1e400", "1e-400", "an endless exponent"),
    *("an integer of 65 bits", "an integer of 5,000 digits", "a fraction of 5,000 digits"),
    *("21 levels", "a key twice deep inside", "a text of 10,241 bytes", "1,001 keys", "20,000 keys", "50,000 keys"),
    *("300 kilobytes", "a megabyte"),
}


@pytest.mark.parametrize("route", ["v1/track", "v1/batch"])
def test_only_what_is_no_json_is_refused(door, count_rows, route):
    before = count_rows()

    answers = {name: door.raw("POST", f"/{route}", raw).status for name, raw in NEVER_JSON.items()}

    assert answers == {name: 200 if name in KEPT else 400 for name in NEVER_JSON}
    assert (count_rows(), RejectedEvent.objects.count()) == (before, len(KEPT))


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "", "application/x-www-form-urlencoded"])
def test_the_content_type_is_not_looked_at(door, content_type):
    answer = door.raw("POST", "/v1/track", dumps(MESSAGES["v1/track"]).encode(), content_type=content_type)

    assert (answer.status, Event.objects.count()) == (200, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        gzip.compress(b"{}", mtime=0)[:-4],
        gzip.compress(b"{}", mtime=0)[:12],
        b"\x1f\x8b" + b"\x00" * 20,
        gzip.compress(b"{}", mtime=0) + b"more",
        gzip.compress(b"", mtime=0),
        gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0),
    ],
)
def test_what_is_no_gzip_is_refused(door, body):
    answer = door.raw("POST", "/v1/batch", body, headers={"Content-Encoding": "gzip"})

    assert (answer.status, answer.key) == (400, "invalid_payload")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
def test_another_encoding_is_refused(door, encoding):
    assert door.raw("POST", "/v1/batch", b"{}", headers={"Content-Encoding": encoding}).status == 415


def padded(size):
    """A batch of nothing in so many bytes."""
    return b'{"batch":[]}'.ljust(size)


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
def test_a_body_has_five_megabytes_packed_and_unpacked(door, size, status):
    body = padded(size)

    plain = door.raw("POST", "/v1/batch", body)
    packed = door.raw("POST", "/v1/batch", gzip.compress(body, mtime=0), headers={"Content-Encoding": "gzip"})

    assert [plain.status, packed.status] == [status, status]


def test_a_bomb_is_not_unpacked(door):
    bomb = gzip.compress(b" " * (200 * LIMIT), compresslevel=9, mtime=0)

    answer = door.raw("POST", "/v1/batch", bomb, headers={"Content-Encoding": "gzip"})

    assert (answer.status, answer.key, len(bomb) < LIMIT) == (413, "query_too_large", True)


def test_a_batch_has_at_most_five_thousand_messages(door):
    batch = [{"type": "page"}] * 5_001

    answers = [zipped(door, "/v1/batch", {"batch": batch[:count]}) for count in (5_000, 5_001)]

    assert [answer.status for answer in answers] == [200, 413]


@pytest.mark.parametrize("count", [1, 50])
def test_hot_messages_cost_what_events_cost(project, door, django_assert_num_queries, count):
    track = {"type": "track", "userId": "ben", "event": "paid"}
    door.post("/v1/batch", {"batch": [track]})

    # The project's revision, then the savepoint, the customer, the events.
    with django_assert_num_queries(1 + 2 + 2):
        door.post("/v1/batch", {"batch": [track] * count})

    assert Event.objects.count() == 1 + count


def test_the_document_says_how_the_door_is_opened(door):
    paths = door.get("/openapi.json").body["paths"]

    assert {route: paths[f"/{route}"]["post"]["security"] for route in MESSAGES} == {
        route: [{"Segment": []}] for route in MESSAGES
    }
    assert paths["/v1/events"]["post"]["security"] == [
        {"X-App-Id": [], "X-App-Token": []},
        {"X-Voucherify-OAuth": []},
    ]


TRACK = MESSAGES["v1/batch"]["batch"][0]
IDENTIFY = {"type": "identify", "userId": "ben", "traits": {"plan": "gold"}}


@pytest.mark.parametrize(
    "batch", [[], [TRACK], [TRACK] * 1_001, [IDENTIFY], [TRACK, IDENTIFY, TRACK, IDENTIFY, TRACK], ["no message"]]
)
def test_a_request_counts_once_whatever_it_brings(project, batch):
    key, token = create_key(project, kind="server", by=TESTER, rate_limit=10)
    a_minute_of(key, used=8)
    door = Api(basic(token))

    answers = [door.post("/v1/batch", {"batch": batch}) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-Rate-Limit-Remaining"] for answer in answers] == ["1", "0", "0"]
