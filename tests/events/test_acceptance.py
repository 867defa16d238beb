"""One event, or a list of them, through the whole house."""

from datetime import timedelta

import pytest

from common.ids import time_of
from common.refusals import MetadataInvalid, NotFound
from customers.models import Customer
from events.models import Event, StoredEffect
from projects.models import Project
from tests.world import (
    NOW,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
    balances,
    kinds,
    send,
)

PLAN = {"plan": {"type": "string", "optional": False}}


@pytest.fixture
def signed_up(project):
    return a_definition(project, "signed_up", PLAN)


def a_sign_up(by="ben", plan="free", **parts):
    return an_event(by=by, metadata={"plan": plan}, **parts)


def test_the_missions_event_converts_and_pays_both_sides(project):
    signed_up = a_definition(project, "signed_up")
    club = a_loyalty_programme(project)
    a_rule(club, signed_up, points=10)
    referrals = a_referral_programme(project, signed_up, club=club, referee_points=50, referrer_points=100)
    a_published_code(referrals, "NRY-01", to="ada")

    accepted = accept(project, an_event(referral={"code": "NRY-01"}))[0]

    assert balances(project) == {"ada": 100, "ben": 60}
    assert kinds(accepted) == [
        "customer.created",
        "referral.converted",
        "reward.granted",
        "code.published",
        "points.earned",
        "reward.granted",
        "code.published",
        "points.earned",
        "points.earned",
    ]


def test_an_event_is_stored_as_it_was_sent(project, signed_up):
    body = a_sign_up(customer={"source_id": "ben", "name": "Ben"})

    accept(project, body)

    event = Event.objects.get()
    assert (event.project, event.definition, event.version, event.name) == (project, signed_up, 1, "signed_up")
    assert (event.customer.name, event.metadata, event.codes) == ("Ben", {"plan": "free"}, {})
    assert (event.channel, event.group_id, event.occurred_at) == ("API", "v-000000000000000000", NOW)


def test_an_event_was_received_in_the_millisecond_of_its_key(project, signed_up):
    event = accept(project, a_sign_up())[0].event

    assert event.received_at == time_of(event.pk)


def test_the_codes_that_an_event_brings_are_stored_as_they_were_written(project, signed_up):
    a_published_code(a_referral_programme(project, signed_up), "NRY-01", to="ada")

    accept(project, a_sign_up(referral={"code": "nry-01"}))

    assert Event.objects.get().codes == {"referral": "nry-01"}


def test_outcomes_come_in_the_order_of_the_events(project, signed_up):
    outcomes = send(
        project,
        a_sign_up("ada"),
        a_sign_up("ben", plan=5),
        a_sign_up("ben"),
        an_event("unheard_of"),
        an_event(metadata={"plan": "pro"}, customer={"id": "cust_0000000000000000000000"}),
        a_sign_up("ada", referral={"code": "NOBODYS"}),
        a_sign_up("ada", plan="pro"),
    )

    assert [getattr(outcome, "key", "accepted") for outcome in outcomes] == [
        "accepted",
        "metadata_validation_failed",
        "accepted",
        "not_found",
        "not_found",
        "not_found",
        "accepted",
    ]
    assert [getattr(outcome, "resource_type", None) for outcome in outcomes[3:6]] == [
        "custom_event_schema",
        "customer",
        "voucher",
    ]
    assert [event.metadata["plan"] for event in Event.objects.order_by("pk")] == ["free", "free", "pro"]


def test_refused_events_write_nothing(project, signed_up):
    refused = send(
        project,
        a_sign_up("eve", plan=5),
        an_event("unheard_of", by="eve"),
        a_sign_up("eve", referral={"code": "NOBODYS"}),
        a_sign_up("eve", loyalty={"code": "NOBODYS"}),
    )

    assert [type(outcome) for outcome in refused] == [MetadataInvalid, NotFound, NotFound, NotFound]
    assert (Customer.objects.count(), Event.objects.count(), StoredEffect.objects.count()) == (0, 0, 0)


def test_no_events_have_no_outcomes(project):
    assert send(project) == []


def test_a_project_may_accept_events_that_nobody_defined(project):
    Project.objects.filter(pk=project.pk).update(unknown_events="accept")

    accepted = accept(project, an_event("unheard_of", metadata={"anything": [1, None]}))[0]

    assert (accepted.event.definition, accepted.event.version, accepted.event.metadata) == (
        None,
        0,
        {"anything": [1, None]},
    )


def test_an_undefined_event_converts_and_earns_nothing(project, signed_up):
    Project.objects.filter(pk=project.pk).update(unknown_events="accept")
    a_rule(a_loyalty_programme(project), signed_up)
    a_published_code(a_referral_programme(project, signed_up), "NRY-01", to="ada")

    accepted = accept(project, an_event("unheard_of", referral={"code": "NRY-01"}))[0]

    assert [skip.as_json() for skip in accepted.skips] == [
        {"kind": "referral", "id": "NRY-01", "reason": "not_conversion_event"}
    ]
    assert balances(project) == {}


def test_another_projects_definitions_and_codes_are_unknown(project, mallorys_project, signed_up):
    a_published_code(a_referral_programme(project, signed_up), "NRY-01", to="ada")
    a_definition(mallorys_project, "opened")

    unknown_event, unknown_code = send(mallorys_project, a_sign_up(), an_event("opened", referral={"code": "NRY-01"}))

    assert (unknown_event.resource_type, unknown_code.resource_type) == ("custom_event_schema", "voucher")


def test_a_customer_is_updated_on_the_way(project, signed_up):
    accept(project, a_sign_up(customer={"source_id": "ben", "name": "Ben", "metadata": {"visits": 1}}))

    accepted = accept(
        project,
        a_sign_up(customer={"source_id": "ben", "name": None, "email": "b@example.com", "metadata": {"visits": 2}}),
        now=NOW + timedelta(days=1),
    )[0]

    ben = Customer.objects.get()
    assert (ben.name, ben.email, ben.metadata, ben.updated_at) == (
        "Ben",
        "b@example.com",
        {"visits": 2},
        NOW + timedelta(days=1),
    )
    assert [effect.as_json() for effect in accepted.effects] == [
        {"kind": "customer.updated", "fields": ["email", "metadata.visits"]}
    ]


def test_a_customer_without_any_id_is_a_new_person_each_time(project, signed_up):
    body = a_sign_up(customer={"email": "ben@example.com"})

    first, second = accept(project, body, body)

    assert first.customer != second.customer
    assert [kinds(first), kinds(second)] == [["customer.created"], ["customer.created"]]


def test_of_events_of_one_new_customer_the_first_tells_of_the_creation(project, signed_up):
    accepted = accept(project, a_sign_up(), a_sign_up(), a_sign_up())

    assert [kinds(item) for item in accepted] == [["customer.created"], [], []]
    assert len({item.customer.pk for item in accepted}) == 1


def test_stripped_properties_are_not_stored(project):
    a_definition(project, "signed_up", {"plan": {"type": "string", "optional": True}}, unknown="strip")

    accept(project, an_event(metadata={"plan": "free", "card_number": "4111"}))

    assert Event.objects.get().metadata == {"plan": "free"}
