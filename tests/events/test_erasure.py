"""Deleting a customer: the person goes, points and facts stay."""

import pytest

from customers.models import Customer
from events.erasure import delete_customers
from events.models import Event, RejectedEvent, StoredEffect
from projects.models import Project
from tests.eventschema.definitions import change
from tests.eventschema.test_nested_objects import a_nested_schema
from tests.factories import CustomerFactory
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
    customer,
    reasons,
    send,
)

PROPERTIES = {
    "note": {"type": "string"},
    "plan": {"type": "string", "eq": ["free", "pro"]},
    "amount": {"type": "number"},
    "newsletter": {"type": "boolean"},
    "day": {"type": "date"},
    "at": {"type": "datetime"},
    "portrait": {"type": "image_url"},
    "home": {"type": "geopoint"},
    "extra": {"type": "object"},
    "tags": {"type": "string", "array": True},
    "age": {"type": "number", "personal": True},
    "tier": {"type": "string", "eq": ["gold"], "personal": True},
}
SAID = {
    "note": "I am Ben",
    "plan": "pro",
    "amount": 5,
    "newsletter": True,
    "day": "2026-11-22",
    "at": "2026-11-22T10:00:00Z",
    "portrait": "https://cdn.example/ben.png",
    "home": "52.5, 13.4",
    "extra": {"name": "Ben", "list": ["Ben", 5], "deep": {"n": 1}},
    "tags": ["Ben", "ben"],
    "age": 33,
    "tier": "gold",
}


@pytest.fixture
def signed_up(project):
    properties = {name: {"optional": True, **item} for name, item in PROPERTIES.items()}
    return a_definition(project, "signed_up", properties)


def delete(project, *source_ids):
    people = [customer(project, name) for name in source_ids]
    delete_customers(project, people, group_id="v-1", now=NOW)


def test_the_person_is_taken_out_of_the_row(project):
    ben = CustomerFactory(
        project=project,
        source_id="ben",
        name="Ben",
        description="A man",
        email="ben@example.com",
        phone="1",
        birthdate="1990-05-01",
        birthday="1990-05-01",
        address={"city": "Berlin"},
        metadata={"VIP": True},
    )

    delete(project, "ben")

    row = Customer.objects.filter(pk=ben.pk).values().get()
    assert {name for name, value in row.items() if value} == {
        "id",
        "project_id",
        "created_at",
        "updated_at",
        "deleted_at",
    }
    assert (row["metadata"], row["deleted_at"]) == ({}, NOW)


def test_free_text_and_personal_properties_of_the_events_are_blanked_and_facts_stay(project, signed_up):
    accept(project, an_event(metadata=SAID))

    delete(project, "ben")

    assert Event.objects.get().metadata == {
        "note": "",
        "plan": "pro",
        "amount": 5,
        "newsletter": True,
        "day": "2026-11-22",
        "at": "2026-11-22T10:00:00Z",
        "portrait": "",
        "home": "",
        "extra": {"name": "", "list": ["", None], "deep": {"n": None}},
        "tags": ["", ""],
        "age": None,
        "tier": "",
    }


def test_what_no_definition_knows_is_blanked(project, signed_up):
    Project.objects.filter(pk=project.pk).update(unknown_events="accept")
    accept(project, an_event(metadata={"nick": "Benny", "n": 1}), an_event("unheard_of", metadata={"a": ["Ben"]}))

    delete(project, "ben")

    assert [event.metadata for event in Event.objects.order_by("pk")] == [{"nick": "", "n": None}, {"a": [""]}]


def test_nested_objects_are_blanked(project):
    a_nested_schema(project, "address", {"city": {"type": "string"}, "floor": {"type": "number"}})
    a_definition(project, "moved", {"home": {"type": "object", "optional": True, "object_type": "address"}})
    accept(project, an_event("moved", metadata={"home": {"city": "Berlin", "floor": 3}}))

    delete(project, "ben")

    assert Event.objects.get().metadata["home"]["city"] == ""


def test_values_under_an_alias_are_judged_as_their_property(project):
    aliased = {"amount": {"type": "number", "optional": True, "aliases": ["sum"]}}
    a_definition(project, "paid", aliased | {"to": {"type": "string", "optional": True, "aliases": ["whom"]}})
    accept(project, an_event("paid", metadata={"sum": 5, "whom": "Ada"}))

    delete(project, "ben")

    assert Event.objects.get().metadata == {"sum": 5, "whom": ""}


def test_an_event_is_judged_by_the_version_that_it_was_checked_by(project, signed_up):
    accept(project, an_event(metadata={"note": "I am Ben", "plan": "pro"}))
    change(signed_up, {"note": {"type": "number"}, "plan": {"type": "string"}})

    delete(project, "ben")

    assert Event.objects.get().metadata == {"note": "", "plan": "pro"}


def test_events_of_others_stay(project, mallorys_project, signed_up):
    a_definition(mallorys_project, "signed_up")
    accept(project, an_event(metadata={"note": "I am Ben"}), an_event(by="ada", metadata={"note": "I am Ada"}))
    accept(mallorys_project, an_event(metadata={"note": "Another Ben"}))

    delete(project, "ben")

    assert [event.metadata["note"] for event in Event.objects.order_by("pk")] == ["", "I am Ada", "Another Ben"]


def test_a_source_id_is_free_again_and_makes_a_new_person(project, signed_up):
    first = accept(project, an_event())[0].customer
    delete(project, "ben")

    second = accept(project, an_event())[0].customer

    assert (first == second, second.source_id) == (False, "ben")


def test_points_and_conversions_stay(project, signed_up):
    club = a_loyalty_programme(project)
    a_rule(club, signed_up, points=10)
    code = a_published_code(
        a_referral_programme(project, signed_up, club=club, referrer_points=100), "NRY-01", to="ada"
    )
    accept(project, an_event(referral={"code": "NRY-01"}))

    delete(project, "ada", "ben")

    assert sorted(card.balance for card in club.loyalty_program.cards.all()) == [10, 100]
    code.refresh_from_db()
    assert reasons(accept(project, an_event(by="cleo", referral={"code": "NRY-01"}))[0]) == [
        ("referral", "not_published")
    ]
    assert balances(project)["cleo"] == 10


def test_a_deletion_is_told_to_the_chain(project, signed_up):
    accept(project, an_event())
    ben = customer(project, "ben")

    delete(project, "ben")

    effect = StoredEffect.objects.get(kind="customer.deleted")
    assert (effect.customer, effect.cause_kind, effect.group_id) == (ben, "customer.deleted", "v-1")


def test_many_events_are_blanked(project, signed_up):
    accept(project, *(an_event(metadata={"note": f"Ben {n}"}) for n in range(601)))

    delete(project, "ben")

    assert Event.objects.filter(metadata={"note": ""}).count() == 601


def test_what_was_marked_personal_after_it_was_sent_is_blanked_as_well(project, signed_up):
    event = accept(project, an_event(metadata={"amount": 5, "day": "2026-11-22"}))[0].event
    change(signed_up, {"amount": {"type": "number", "optional": True, "personal": True}})
    project.refresh_from_db()

    delete_customers(project, [customer(project, "ben")], group_id="", now=NOW)

    event.refresh_from_db()
    assert event.metadata == {"amount": None, "day": "2026-11-22"}


def test_what_was_rejected_of_a_deleted_customer_is_forgotten(project, mallorys_project, signed_up):
    accept(project, an_event(by="ben"), an_event(by="ada"))
    by_id = {"id": customer(project, "ben").public_id}
    send(project, an_event("unheard_of", by="ben"), an_event("unheard_of", customer=by_id), an_event("unheard_of"))
    send(project, an_event("unheard_of", by="ada"))
    send(mallorys_project, an_event("unheard_of", by="ben"))

    delete(project, "ben")

    left = RejectedEvent.objects.values_list("project__name", "payload__customer__source_id")
    assert sorted(left) == [("Mallory's", "ben"), ("Shop", "ada")]
