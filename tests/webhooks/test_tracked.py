"""What webhooks are told of custom events: once, masked, and only those of the project."""

import pytest

from api import announcements
from events.acceptance import accept_events
from events.erasure import delete_customers
from events.payloads import parse_event
from events.voiding import preview_void, void_event
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.spec import parse_properties
from tests.threads import at_once
from tests.webhooks.world import a_webhook, announced, bodies, fan_out, the_event
from tests.world import NOW, SOURCE, TESTER, a_definition, a_loyalty_programme, a_rule, accept, an_event, customer
from webhooks.announcing import heard_types
from webhooks.models import SendOut

TRACKED = "customer.custom_event"
VOIDED = "customer.custom_event.voided"


@pytest.fixture
def cart(project):
    properties = {
        "total": {"type": "number", "optional": True},
        "phone": {"type": "string", "optional": True, "personal": True},
    }
    return a_definition(project, "cart_abandoned", properties)


def an_abandoned_cart(by="ben", **metadata):
    return an_event("cart_abandoned", by=by, metadata=metadata)


def test_a_webhook_hears_of_a_custom_event_in_the_contracts_envelope(project, cart):
    webhook = a_webhook(project, TRACKED)
    [accepted] = accept(project, an_abandoned_cart(total=12, phone="+49 1"))

    [body] = bodies()

    event, ben = accepted.event, accepted.customer
    assert list(body) == ["id", "project_id", "created_at", "type", "data", "source", "event"]
    assert body["id"] == SendOut.objects.get().public_id
    assert (body["project_id"], body["type"]) == (project.public_id, TRACKED)
    assert body["source"] == {"id": webhook.public_id, "object": "webhook", "target_url": webhook.target_url}
    assert body["event"] == {
        "id": event.public_id.replace("event_", "evcus_"),
        "type": TRACKED,
        "created_at": "2026-11-22T10:00:00.000Z",
        "entity_id": ben.public_id,
        "group_id": SOURCE.group_id,
        "event_source": {"channel": "API", "user": None, "api_key": None},
    }
    assert body["data"]["event"]["metadata"] == {"total": 12, "phone": "***"}
    assert body["data"]["event_schema"] == {"id": cart.public_id, "name": "cart_abandoned"}
    assert body["data"]["customer"] == ben.as_simple_json()
    assert (body["data"]["referral"], body["data"]["loyalty"]) == (None, None)


def test_an_event_with_a_card_and_a_code_tells_of_both(project, cart):
    club = a_loyalty_programme(project)
    a_rule(club, cart)
    [first] = accept(project, an_abandoned_cart())
    card = next(effect.data["card"] for effect in first.effects if "card" in effect.data)
    a_webhook(project, TRACKED)
    accept(project, an_event("cart_abandoned", loyalty={"code": card}))

    [body] = bodies()

    assert body["data"]["event"]["loyalty"] == {"code": card}
    assert body["data"]["loyalty"]["voucher"]["code"] == card
    assert body["data"]["loyalty"]["campaign"]["id"] == club.public_id


def test_what_is_personal_of_customers_is_masked(project, cart):
    specs, _ = parse_properties({"iban": {"type": "string", "optional": True, "personal": True}}, "")
    save_nested_schema(MetadataSchema(project=project, related_object="customer"), specs, by=TESTER, now=NOW)
    a_webhook(project, TRACKED, "customer.created")
    accept(
        project,
        an_event("cart_abandoned", customer={"source_id": "ben", "metadata": {"iban": "DE02", "plan": "gold"}}),
    )

    told = bodies()

    assert {body["type"] for body in told} == {TRACKED, "customer.created"}
    assert [body["data"]["customer"]["metadata"] for body in told] == [{"iban": "***", "plan": "gold"}] * 2


def test_a_voided_event_is_told_with_what_was_taken_back(project, cart):
    a_rule(a_loyalty_programme(project), cart, points=10)
    a_webhook(project, VOIDED)
    [accepted] = accept(project, an_abandoned_cart())
    for _ in range(2):
        void_event(project, accepted.event, reason="fraud", force=False, by=TESTER, group_id="v-2", now=NOW)

    [body] = bodies()

    assert body["data"]["event"]["id"] == accepted.event.public_id
    assert body["data"]["reason"] == "fraud"
    assert body["data"]["voided_at"] == "2026-11-22T10:00:00.000Z"
    taken = [(effect["kind"], effect.get("points")) for effect in body["data"]["effects"]]
    assert taken[0] == ("points.reversed", -10)
    assert (body["event"]["type"], body["event"]["group_id"]) == (VOIDED, "v-2")
    assert body["event"]["event_source"]["channel"] == "INTERNAL"


def test_nothing_is_told_of_what_did_not_happen(project, cart):
    a_webhook(project, TRACKED, VOIDED, "customer.created")
    payload = parse_event({**an_abandoned_cart(), "id": "mine"}, SOURCE)
    accept_events(project=project, payloads=[payload], now=NOW, dry_run=True)
    assert announced() == []

    for _ in range(3):
        accept_events(project=project, payloads=[payload], now=NOW)
    preview_void(project, the_event("cart_abandoned"), now=NOW)

    assert [each["type"] for each in announced()] == [TRACKED, "customer.created"]


def test_only_active_webhooks_of_the_project_that_hear_of_it_are_told(project, mallorys_project, cart):
    a_webhook(mallorys_project, TRACKED, url="https://mallory.example")
    a_webhook(project, TRACKED, url="https://off.example", active=False)
    a_webhook(project, "customer.created", url="https://else.example")
    accept(project, an_abandoned_cart())
    a_webhook(project, TRACKED, url="https://late.example")
    accept(project, an_abandoned_cart(by="ada"))

    bodies()

    told = SendOut.objects.values_list("type", "target_url")
    assert sorted(told) == [
        ("customer.created", "https://else.example"),
        ("customer.created", "https://else.example"),
        (TRACKED, "https://late.example"),
    ]
    assert set(SendOut.objects.values_list("project", flat=True)) == {project.pk}


def test_each_webhook_is_told_once_however_often_it_is_tried(project, cart):
    a_webhook(project, TRACKED)
    a_webhook(project, TRACKED, url="https://shop.example/other")
    accept(project, an_abandoned_cart(), an_abandoned_cart())
    waiting = announced()

    for _ in range(3):
        fan_out([*waiting, *waiting])

    assert SendOut.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_once(project, cart):
    a_webhook(project, TRACKED)
    accept(project, *[an_abandoned_cart(by=f"customer {n}") for n in range(20)])
    waiting = announced()

    at_once([lambda: fan_out(waiting), lambda: fan_out(waiting[::-1])])

    assert SendOut.objects.count() == 20


def test_one_that_fails_lets_the_others_through(project, cart):
    a_webhook(project, TRACKED)
    accept(project, an_abandoned_cart(), an_abandoned_cart(by="ada"))
    first, second = announced()
    broken = {**first, "cause": None}

    failures = announcements.FanOut().handle_all([broken, second])

    assert [type(failure) for failure in failures] == [TypeError, type(None)]
    assert SendOut.objects.count() == 1


def test_who_was_deleted_meanwhile_is_not_named(project, cart):
    a_webhook(project, TRACKED)
    accept(project, an_event("cart_abandoned", customer={"source_id": "ben", "email": "ben@example.org"}))
    delete_customers(project, [customer(project, "ben")], group_id="", now=NOW)

    [body] = bodies()

    assert (body["data"]["customer"]["source_id"], body["data"]["customer"]["email"]) == (None, None)
    assert "ben@example.org" not in str(body)


@pytest.mark.parametrize("count", [1, 64])
def test_a_batch_takes_as_many_statements_as_one(project, cart, count, django_assert_num_queries):
    a_webhook(project, TRACKED)
    a_webhook(project, TRACKED, url="https://shop.example/other")
    accept(project, *[an_abandoned_cart(by=f"customer {n}") for n in range(count + 1)])
    warm_up, *waiting = announced()
    fan_out([warm_up])

    # Webhooks, events, customers, versions; customers locked; send-outs and their messages; two of a savepoint.
    with django_assert_num_queries(7 + 2):
        fan_out(waiting)

    assert SendOut.objects.count() == 2 * (count + 1)


@pytest.mark.parametrize("count", [1, 50])
def test_announcing_takes_one_statement(project, cart, count, django_assert_num_queries):
    a_webhook(project, TRACKED)
    accept(project, *[an_abandoned_cart(by=f"customer {n}") for n in range(count)])
    payloads = [parse_event(an_abandoned_cart(by=f"customer {n}"), SOURCE) for n in range(count)]

    with django_assert_num_queries(2 + 2 + 1):
        accept_events(project=project, payloads=payloads, now=NOW)

    assert len(announced()) == 2 * count


def test_what_a_webhook_would_be_sent_is_made_of_a_real_event(project, cart):
    webhook = a_webhook(project, "campaign.created")
    [accepted] = accept(project, an_abandoned_cart(total=3, phone="1"))

    body = announcements.test_announcement(project, webhook, accepted.event)

    assert body["type"] == TRACKED
    assert body["data"]["event"]["metadata"] == {"total": 3, "phone": "***"}
    assert body["source"]["id"] == webhook.public_id
    assert SendOut.objects.count() == 0


def test_what_is_heard_of_is_known_without_asking_again(project, cart, django_assert_num_queries):
    a_webhook(project, TRACKED)
    a_webhook(project, "campaign.created", active=False)
    project.refresh_from_db()

    with django_assert_num_queries(1):
        assert [heard_types(project) for _ in range(2)] == [{TRACKED}] * 2
