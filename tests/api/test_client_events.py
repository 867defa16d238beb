"""`POST /client/v1/events`: what a browser with a public key may do, and what it is told."""

import pytest

from campaigns.models import Voucher
from common.jsons import dumps
from customers.models import Customer
from events.models import Event, RejectedEvent
from projects.creation import change_project
from tests.api.caller import Api, key_headers
from tests.api.shop import MARK
from tests.world import TESTER, balances, customer

SHOP = "https://shop.example"


@pytest.fixture
def web(shop):
    """A page of the shop."""
    return Api(key_headers(shop.project, "client", domains=[SHOP]) | {"Origin": SHOP})


@pytest.fixture
def allow(shop):
    """Switches on what browsers may do."""

    def switched(*names):
        change_project(shop.project, {f"client_{name}_enabled": True for name in names}, by=TESTER)

    return switched


def track(caller, shop, query="", by=f"{MARK}-ben", headers=None, **parts):
    body = {"event": shop.definition.name, "customer": {"source_id": by}, **parts}
    return caller.raw("POST", f"/client/v1/events{query}", dumps(body).encode(), headers=headers or {})


def test_an_event_is_stored_as_one_that_came_from_a_browser(web, shop):
    answer = track(web, shop, metadata={"note": "Hello"})

    event = Event.objects.latest("received_at")
    assert (answer.status, answer.body["id"], event.channel, event.metadata) == (
        200,
        event.public_id,
        "CLIENT_API",
        {"note": "Hello"},
    )
    assert event.group_id.startswith("v-")


def test_it_earns_nothing_while_the_project_does_not_say_so(web, shop):
    before = balances(shop.project)

    answer = track(web, shop, "?expand=effects").body

    assert (answer["effects"], answer["skipped"]) == (
        [],
        [{"kind": "earning_rule", "id": shop.rule.public_id, "reason": "client_earning_off"}],
    )
    assert balances(shop.project) == before


def test_it_earns_where_the_project_says_so(web, shop, allow):
    before = balances(shop.project)
    allow("loyalty_events")

    track(web, shop)

    assert balances(shop.project) == before | {f"{MARK}-ben": before[f"{MARK}-ben"] + 10}


@pytest.mark.parametrize(
    ("sent", "paths"), [(["referral"], ["referral"]), (["loyalty"], ["loyalty"]), (["referral", "loyalty"],) * 2]
)
def test_a_code_or_a_card_is_forbidden_while_earning_is_off(web, shop, count_rows, sent, paths):
    codes = {"referral": {"code": shop.code.code}, "loyalty": {"code": shop.card.code}}
    before = count_rows(), RejectedEvent.objects.count()

    answer = track(web, shop, **{name: codes[name] for name in sent})

    assert (answer.status, answer.key, answer.paths) == (403, "forbidden", paths)
    assert (count_rows(), RejectedEvent.objects.count()) == before


def test_a_referral_converts_where_earning_is_on(web, shop, allow):
    allow("loyalty_events", "create_customer")

    answer = track(web, shop, "?expand=effects", by="cleo", referral={"code": shop.code.code})

    assert balances(shop.project)["cleo"] == 60
    assert "referral.converted" in [effect["kind"] for effect in answer.body["effects"]]


@pytest.mark.parametrize("person", [{"source_id": "cleo"}, {"email": "cleo@example.com"}])
def test_a_customer_is_not_created_while_the_project_does_not_say_so(web, shop, count_rows, person):
    before = count_rows()

    answer = track(web, shop, customer=person)

    assert (answer.status, answer.key, answer.paths) == (403, "forbidden", ["customer"])
    assert count_rows() == before


def test_a_customer_is_created_where_the_project_says_so(web, shop, allow):
    allow("create_customer")

    answer = track(web, shop, customer={"source_id": "cleo", "name": "Cleo"})

    assert (answer.status, customer(shop.project, "cleo").name) == (200, "Cleo")


def test_what_is_said_of_a_known_customer_is_not_written_while_browsers_create_none(web, shop):
    person = {"source_id": f"{MARK}-ben", "email": "mallory@example.com", "metadata": {"VIP": True}}

    answer = track(web, shop, customer=person)

    ben = customer(shop.project, f"{MARK}-ben")
    assert (answer.status, ben.email, ben.metadata) == (200, None, {})


def test_an_unknown_id_is_not_found(web, shop):
    answer = track(web, shop, customer={"id": shop.event.public_id.replace("event", "cust")})

    assert (answer.status, answer.key) == (404, "not_found")


def test_a_browser_is_told_of_a_customer_what_it_said_itself(web, shop):
    Customer.objects.filter(pk=shop.ben.pk).update(name="Ben", email="ben@example.com", metadata={"VIP": True})

    by_source_id = track(web, shop, customer={"source_id": shop.ben.source_id, "name": "B"}).body["customer"]
    by_id = track(web, shop, customer={"id": shop.ben.public_id, "source_id": "x"}).body["customer"]

    nothing = {"id": shop.ben.public_id, "source_id": None, "name": None, "email": None, "metadata": None}
    assert by_source_id == nothing | {"source_id": shop.ben.source_id, "name": "B", "object": "customer"}
    assert by_id == nothing | {"object": "customer"}


def test_a_browser_is_told_no_more_by_a_repeat_of_what_a_back_end_sent(api, web, shop):
    body = {"id": "order-1", "event": shop.definition.name, "customer": {"id": shop.ben.public_id}}
    Customer.objects.filter(pk=shop.ben.pk).update(email="ben@example.com")
    first = api.post("/v1/events", body).body

    again = web.post("/client/v1/events?expand=effects", body)

    assert (again.headers["Idempotent-Replayed"], again.body["id"]) == ("true", first["id"])
    assert (first["customer"]["email"], again.body["customer"]["email"]) == ("ben@example.com", None)
    assert [effect["kind"] for effect in again.body["effects"]] == ["points.earned"]


@pytest.mark.parametrize("repeated", [False, True])
def test_a_browser_is_told_nothing_of_the_referrer_and_no_code_that_opens_anything(web, shop, allow, repeated):
    allow("loyalty_events", "create_customer")
    parts = {"by": "cleo", "referral": {"code": shop.code.code}, "id": "sign-up-1"}
    if repeated:
        track(web, shop, **parts)

    body = track(web, shop, "?expand=effects", **parts).body

    assert body["effects"] == [
        {"kind": "customer.created"},
        {"kind": "referral.converted", "code": shop.code.code, "campaign_id": shop.referrals.public_id},
        {"kind": "reward.granted", "type": "LOYALTY_CARD", "amount": 50, "campaign_id": shop.club.public_id},
        {"kind": "points.earned", "points": 50, "rule": None, "campaign_id": shop.club.public_id},
        {"kind": "points.earned", "points": 10, "rule": shop.rule.public_id, "campaign_id": shop.club.public_id},
    ]
    told = dumps(body)
    cards = set(Voucher.objects.values_list("code", flat=True)) - {shop.code.code}
    assert [found for found in (*cards, shop.ada.public_id, shop.ada.source_id) if found in told] == []


def test_a_dry_run_tells_and_writes_nothing(web, shop, allow, count_rows):
    allow("loyalty_events")
    before = count_rows()

    answer = track(web, shop, "?dry_run=true")

    assert (answer.status, answer.body["dry_run"], answer.body["skipped"]) == (200, True, [])
    assert [effect["kind"] for effect in answer.body["effects"]] == ["points.earned"]
    assert count_rows() == before


def test_a_repeat_is_answered_with_the_first_answer(web, shop):
    first = track(web, shop, headers={"Idempotency-Key": "click-1"})
    again = track(web, shop, id="click-1")
    other = track(web, shop, id="click-1", metadata={"note": "other"})

    assert (again.status, again.body, again.headers["Idempotent-Replayed"]) == (200, first.body, "true")
    assert (other.status, other.key) == (409, "duplicate_resource_key")


@pytest.mark.parametrize("claimed", ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "yesterday", 5])
def test_a_browsers_clock_is_not_read(web, shop, claimed):
    first = track(web, shop, id="click-1", occurred_at=claimed)
    again = track(web, shop, id="click-1")

    event = Event.objects.latest("received_at")
    assert (first.status, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert abs((event.occurred_at - event.received_at).total_seconds()) < 60


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://shop.example", "https://shop.example:8443", "null", ""]
)
@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_a_page_that_the_key_does_not_trust_is_refused(web, shop, count_rows, origin, query):
    before = count_rows()

    answer = track(web, shop, query, headers={"Origin": origin})

    assert (answer.status, answer.key, answer.paths) == (403, "forbidden", ["Origin"])
    assert count_rows() == before


def test_a_page_that_is_not_trusted_is_told_of_that_alone(web, shop):
    answer = web.raw("POST", "/client/v1/events", b"{}", headers={"Origin": "https://evil.example"})

    assert (answer.status, answer.paths) == (403, ["Origin"])


def test_a_client_key_opens_nothing_but_the_client_api(web, shop):
    assert [web.get("/v1/events").status, web.get("/client/v1/events").status] == [401, 405]
