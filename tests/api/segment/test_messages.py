"""What becomes of Segment's messages: events, profiles, or rejected events – never nothing."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from common.times import iso
from customers.models import Customer
from events.models import Event, IdempotencyKey
from tests.api.caller import api_of
from tests.api.segment.caller import DONE, identify, rejected, send, track, zipped
from tests.world import (
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    balances,
    customer,
)

AN_HOUR_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def profile(project, source_id):
    person = customer(project, source_id)
    return {
        name: getattr(person, name)
        for name in ("name", "email", "phone", "birthdate", "birthday", "address", "metadata")
        if getattr(person, name)
    }


def test_a_track_is_an_event(project, door, paid):
    message = {
        "userId": "ben",
        "anonymousId": "a-1",
        "event": "paid",
        "properties": {"amount": 12.5, "shop": "Ulm"},
        "messageId": "m-1",
        "timestamp": iso(AN_HOUR_AGO),
        "writeKey": "secret",
    }

    answer = door.post("/v1/track", message)

    event = Event.objects.get()
    assert (answer.status, answer.body) == (200, DONE)
    assert (event.name, event.customer.source_id, event.metadata) == ("paid", "ben", {"amount": 12.5, "shop": "Ulm"})
    assert (event.occurred_at, event.channel) == (AN_HOUR_AGO, "SEGMENT")
    assert IdempotencyKey.objects.get().key == "m-1"
    assert balances(project) == {"ben": 10}


def test_who_has_no_user_id_is_known_by_his_anonymous_id(project, door, paid):
    send(door, track(None, anonymousId="a-1"), track("", anonymousId="a-1"), track(7))

    assert sorted(person.source_id for person in Customer.objects.all()) == ["7", "a-1"]
    assert balances(project) == {"a-1": 20, "7": 10}


def test_a_message_is_accepted_once_though_it_comes_again(project, door, paid):
    again, long = track(messageId="m-1"), track(messageId="m" * 201)

    send(door, again, long, track(messageId=17))
    send(door, again, long, track(messageId=17))
    door.post("/v1/track", again)

    assert balances(project) == {"ben": 30}
    assert rejected() == []
    hashed = hashlib.sha256(b"m" * 201).hexdigest()
    assert set(IdempotencyKey.objects.values_list("key", flat=True)) == {"m-1", "17", f"sha256:{hashed}"}


def test_the_traits_of_a_tracks_context_describe_its_customer(project, door, paid):
    traits = {"email": "ben@example.com", "plan": "gold", "name": None}

    send(door, track(context={"traits": traits}))

    assert profile(project, "ben") == {"email": "ben@example.com", "metadata": {"plan": "gold"}}


def test_an_identify_is_the_customers_profile(project, door):
    traits = {
        "firstName": "Ben",
        "lastName": "Hur",
        "email": "ben@example.com",
        "phone": "1",
        "birthday": "1990-05-01T00:00:00.000Z",
        "address": {"street": "Main St 1", "city": "Ulm", "postalCode": "89073", "floor": 2},
        "plan": "gold",
    }

    answer = door.post("/v1/identify", {"userId": "ben", "traits": traits})

    born = datetime(1990, 5, 1).date()
    assert (answer.status, answer.body) == (200, DONE)
    assert profile(project, "ben") == {
        "name": "Ben Hur",
        "email": "ben@example.com",
        "phone": "1",
        "birthdate": born,
        "birthday": born,
        "address": {"city": "Ulm", "line_1": "Main St 1", "postal_code": "89073"},
        "metadata": {name: traits[name] for name in ("firstName", "lastName", "birthday", "address", "plan")},
    }


def test_traits_that_fit_no_field_are_metadata(project, door):
    traits = {"name": ["Ben"], "email": 5, "phone": "1" * 256, "birthday": "in May", "address": "Ulm", "firstName": 1}

    send(door, identify(**traits))

    assert profile(project, "ben") == {"metadata": traits}


def test_a_null_trait_clears(project, door):
    send(door, identify(email="ben@example.com", phone="1"), identify(email=None))

    assert profile(project, "ben") == {"phone": "1"}


@pytest.mark.parametrize("kind", ["page", "screen", "group", "alias"])
def test_other_messages_are_accepted_and_ignored(project, door, kind):
    alone = door.post(f"/v1/{kind}", {"userId": "ben", "previousId": "a-1"})
    send(door, {"type": kind, "userId": "ben"})

    assert (alone.status, alone.body) == (200, DONE)
    assert (Customer.objects.count(), Event.objects.count(), rejected()) == (0, 0, [])


def test_a_batch_keeps_the_order_of_each_customers_messages(project, door, paid):
    send(
        door,
        track("ada"),
        identify("ben", plan="silver"),
        track("ben", context={"traits": {"plan": "gold"}}),
        identify("ben", plan="platinum"),
        track("ben", messageId="last"),
    )

    assert profile(project, "ben") == {"metadata": {"plan": "platinum"}}
    assert balances(project) == {"ada": 10, "ben": 20}


def test_what_a_batch_says_once_holds_for_each_of_its_messages(project, door, paid):
    send(
        door,
        track("ada"),
        track("ben", context={"traits": {"plan": "gold"}}),
        context={"traits": {"plan": "silver"}, "ip": "::1"},
    )

    assert [profile(project, name)["metadata"]["plan"] for name in ("ada", "ben")] == ["silver", "gold"]


@pytest.mark.parametrize(
    "where",
    [
        {"integrations": {"Boon": {"referral": {"code": "NRY-01"}}}},
        {"context": {"boon": {"referral": {"code": "NRY-01"}}}},
    ],
)
def test_a_track_can_carry_a_referral_code(project, door, where):
    signed_up = a_definition(project, "signed_up")
    club = a_loyalty_programme(project)
    a_published_code(a_referral_programme(project, signed_up, club=club, referee_points=50), "NRY-01", to="ada")

    send(door, track("ben", "signed_up", **where), track("cleo", "signed_up", properties={"referral_code": "NRY-01"}))

    assert balances(project) == {"ben": 50}


@pytest.mark.parametrize("boon", [True, False, None, "yes", []])
def test_integrations_that_are_no_options_say_nothing(project, door, paid, boon):
    send(door, track(integrations={"All": False, "Boon": boon}))

    assert balances(project) == {"ben": 10}


def test_an_empty_batch_is_a_success(door):
    send(door)

    assert rejected() == []


def test_messages_may_come_compressed(project, door, paid):
    answer = zipped(door, "/v1/batch", {"batch": [track(), identify("ada", plan="gold")]})

    assert (answer.status, answer.body) == (200, DONE)
    assert (balances(project), profile(project, "ada")) == ({"ben": 10}, {"metadata": {"plan": "gold"}})


def test_the_contract_knows_the_door_as_the_api(project, door, paid):
    send(door, track())

    activity = api_of(project).get("/v1/customers/ben/activity").body["data"]

    assert {entry["data"]["event_source"]["channel"] for entry in activity} == {"API"}
