"""Event tickets over HTTP: a back end asks for one, a browser earns by it once."""

from datetime import datetime

import pytest
from django.core.signing import Signer

from common.ids import public_id, uuid7
from common.jsons import dumps
from customers.models import Customer
from events.models import Event, RejectedEvent, UsedTicket
from events.tickets import read_ticket
from tests.api.caller import Api, key_headers
from tests.api.shop import MARK
from tests.world import a_definition, balances

BEN = f"{MARK}-ben"


@pytest.fixture
def web(shop):
    """A page of the shop; nothing is switched on for browsers."""
    return Api(key_headers(shop.project, "client"))


@pytest.fixture
def ticket_for(api, shop):
    def issued(customer=BEN, **parts):
        body = {"event": shop.definition.name, "customer": customer, **parts}
        answer = api.post("/v1/event-tickets", body)
        assert answer.status == 200, answer.body
        return answer.body["ticket"]

    return issued


def track(caller, shop, ticket, query="", by=BEN, **parts):
    body = {"event": shop.definition.name, "customer": {"source_id": by}, **parts}
    return caller.raw("POST", f"/client/v1/events{query}", dumps(body).encode(), headers={"X-Event-Ticket": ticket})


def refused(answer, code):
    return (answer.status, answer.key, [(error["path"], error["code"]) for error in answer.body["errors"]]) == (
        401,
        "unauthorized",
        [("X-Event-Ticket", code)],
    )


def test_a_browser_earns_by_a_ticket_whatever_the_switch_says(web, shop, ticket_for):
    before = balances(shop.project)[BEN]

    answer = track(web, shop, ticket_for(), "?expand=effects")

    assert (answer.status, [effect["kind"] for effect in answer.body["effects"]]) == (200, ["points.earned"])
    assert balances(shop.project)[BEN] == before + 10
    assert [row.event_id for row in UsedTicket.objects.all()] == [Event.objects.latest("received_at").pk]


def test_a_customer_to_come_is_created_and_referred_by_a_ticket(web, shop, ticket_for):
    answer = track(web, shop, ticket_for("cleo"), by="cleo", referral={"code": shop.code.code})

    assert (answer.status, balances(shop.project)["cleo"]) == (200, 60)


@pytest.mark.parametrize("named", ["id", "source_id", "id alone", "source id alone"])
@pytest.mark.parametrize("sent", ["id", "source_id"])
def test_a_customer_may_be_named_either_way(web, shop, ticket_for, named, sent):
    names = {"id": shop.ben.public_id, "source_id": BEN}
    customer = {"id alone": names["id"], "source id alone": BEN}.get(named) or {named: names[named]}

    answer = track(web, shop, ticket_for(customer), customer={sent: names[sent]})

    assert answer.status == 200


def test_a_ticket_says_until_when_it_is_good(api, shop):
    body = {"event": shop.definition.name, "customer": {"source_id": BEN}, "expires_in": 86_400}

    answer = api.post("/v1/event-tickets", body)

    expires_at = datetime.fromisoformat(answer.body["expires_at"])
    assert answer.body.keys() == {"object", "ticket", "expires_at"}
    assert abs((read_ticket(answer.body["ticket"]).expires_at - expires_at).total_seconds()) < 0.001


@pytest.mark.parametrize(
    ("parts", "paths"),
    [
        ({"event": None}, ["event"]),
        ({"event": ""}, ["event"]),
        ({"event": 5, "customer": 5}, ["event", "customer"]),
        ({"customer": None}, ["customer"]),
        ({"customer": {}}, ["customer"]),
        ({"customer": {"email": "ben@example.com"}}, ["customer"]),
        ({"customer": ""}, ["customer.source_id"]),
        ({"customer": {"source_id": "a" * 256}}, ["customer.source_id"]),
        ({"expires_in": 0}, ["expires_in"]),
        ({"expires_in": 86_401}, ["expires_in"]),
        ({"expires_in": -1}, ["expires_in"]),
        ({"expires_in": "600"}, ["expires_in"]),
        ({"expires_in": True}, ["expires_in"]),
        ({"expires_in": 1.5}, ["expires_in"]),
    ],
)
def test_every_wrong_field_is_named(api, shop, parts, paths):
    answer = api.post("/v1/event-tickets", {"event": shop.definition.name, "customer": BEN, **parts})

    assert (answer.status, answer.key, sorted(answer.paths)) == (400, "invalid_payload", sorted(paths))


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"event": "unheard of"}, "custom_event_schema"),
        ({"customer": {"id": public_id("cust", uuid7())}}, "customer"),
        ({"customer": public_id("cust", uuid7())}, "customer"),
    ],
)
def test_nothing_is_vouched_for_that_is_not_there(api, shop, parts, kind):
    answer = api.post("/v1/event-tickets", {"event": shop.definition.name, "customer": BEN, **parts})

    assert (answer.status, answer.body["resource_type"]) == (404, kind)


def test_a_ticket_is_good_once(web, shop, ticket_for, count_rows):
    ticket = ticket_for()
    track(web, shop, ticket)
    before = count_rows()

    again, tried = track(web, shop, ticket), track(web, shop, ticket, "?dry_run=true")

    assert refused(again, "used")
    assert refused(tried, "used")
    assert count_rows() == before


def test_the_same_request_again_is_answered_as_the_first(web, shop, ticket_for):
    ticket = ticket_for()
    first = track(web, shop, ticket, id="click-1")

    again = track(web, shop, ticket, id="click-1")

    assert (again.status, again.body, again.headers["Idempotent-Replayed"]) == (200, first.body, "true")
    assert refused(track(web, shop, ticket, id="click-2"), "used")


def test_a_refused_event_does_not_use_its_ticket_up(web, shop, ticket_for):
    ticket = ticket_for()

    answers = [
        track(web, shop, ticket, metadata={"note": 5}),
        track(web, shop, ticket, referral={"code": "NOBODYS"}),
        track(web, shop, ticket, "?dry_run=true"),
        track(web, shop, ticket),
    ]

    assert [answer.status for answer in answers] == [400, 404, 200, 200]


@pytest.mark.parametrize(
    "forged", ["", "x", "a:b", "a" * 5_000, ":::", "ü", "bnVsbA:x", Signer(salt="other").sign_object({"id": 1})]
)
def test_what_was_not_made_here_opens_nothing(web, shop, count_rows, forged):
    before = count_rows(), RejectedEvent.objects.count()

    answer = track(web, shop, forged)

    assert refused(answer, "forged")
    assert (count_rows(), RejectedEvent.objects.count()) == before


def test_a_ticket_that_was_tampered_with_opens_nothing(web, shop, ticket_for):
    ticket = ticket_for()
    middle = len(ticket) // 2
    other = "A" if ticket[middle] != "A" else "B"

    answers = [
        track(web, shop, text) for text in (ticket[:-1], f"{ticket}A", ticket[:middle] + other + ticket[middle + 1 :])
    ]

    assert [refused(answer, "forged") for answer in answers] == [True] * 3


def test_a_ticket_is_for_one_customer_and_one_event_of_one_project(
    web, shop, ticket_for, count_rows, mallorys_project
):
    ticket = ticket_for()
    a_definition(shop.project, "visited")
    stranger = Api(key_headers(mallorys_project, "client"))
    before = count_rows()

    assert refused(track(web, shop, ticket, by=f"{MARK}-ada"), "customer")
    assert refused(track(web, shop, ticket, customer={"id": shop.ada.public_id, "source_id": BEN}), "customer")
    assert refused(track(web, shop, ticket, customer={"email": "ben@example.com"}), "customer")
    assert refused(track(web, shop, ticket, event="visited"), "event")
    assert refused(track(stranger, shop, ticket), "project")
    assert count_rows() == before


def test_a_ticket_for_one_who_has_no_source_id_is_not_for_all_who_have_none(web, shop, ticket_for):
    nameless = Customer.objects.create(project=shop.project, created_at=shop.event.received_at)
    ticket = ticket_for({"id": nameless.public_id})

    assert refused(track(web, shop, ticket, customer={"name": "Anybody"}), "customer")
    assert track(web, shop, ticket, customer={"id": nameless.public_id}).status == 200


def test_tickets_of_a_former_secret_key_stay_good_while_it_is_listed(web, shop, ticket_for, settings):
    old, newer = ticket_for(), ticket_for()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key, of fifty letters or more, of course"
    first = track(web, shop, old)
    settings.SECRET_KEY_FALLBACKS = []

    assert (first.status, refused(track(web, shop, newer), "forged")) == (200, True)


def test_without_a_good_key_a_ticket_opens_nothing(shop, ticket_for):
    for ticket in (ticket_for(), "forged"):
        answer = track(Api({}), shop, ticket)
        assert (answer.status, "errors" in answer.body) == (401, False)
