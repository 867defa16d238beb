"""Versions are numbered, immutable, and what events are checked by."""

import pytest
from django.utils import timezone

from common.refusals import Duplicate, InvalidPayload, MetadataInvalid, NotFound
from eventschema.models import EventDefinition, SchemaVersion
from eventschema.publishing import DefinitionChange, create_definition, delete_definition, publish
from eventschema.schema import schemas_of
from projects.models import AuditEntry
from tests.eventschema.definitions import NUMBER, TEXT, change, draft_of, edit_draft, ids_of, published_of, versions_of
from tests.eventschema.schemas import specs_of
from tests.world import NOW, TESTER, a_definition, accept, an_event, send


def test_a_definition_is_published_when_it_is_made(project):
    definition = a_definition(project, "signed_up", {"plan": {"type": "string", "optional": False}})

    assert (definition.status, definition.version, definition.updated_at) == ("active", 1, None)
    assert draft_of(definition) == published_of(definition) == {"plan": "string"}


def test_a_version_holds_everything_that_was_said(project):
    plan = {"type": "string", "optional": False, "eq": ["free", "pro"], "description": "Chosen", "aliases": ["tier"]}
    definition = a_definition(project, "signed_up", {"plan": plan}, unknown="reject")

    version = SchemaVersion.objects.get(definition=definition)
    assert version.schema == {
        "unknown": "reject",
        "properties": [{"id": str(ids_of(definition)["plan"]), "name": "plan", **plan}],
    }
    assert (version.version, version.published_at, version.published_by) == (1, NOW, "tests")


def test_a_name_is_taken_once_in_a_project(project, mallorys_project):
    a_definition(project, "signed_up")
    a_definition(mallorys_project, "signed_up")

    with pytest.raises(Duplicate) as refused:
        a_definition(project, "signed_up")

    assert (refused.value.resource_type, refused.value.resource_id) == ("custom_event_schema", "signed_up")


def test_names_differ_by_case(project):
    names = [a_definition(project, name).name for name in ("signed_up", "Signed_Up", "signed up", "SIGNED_UP")]

    assert EventDefinition.objects.filter(name__in=names).count() == 4


def test_a_change_publishes_the_next_version_and_keeps_the_rest(project):
    definition = a_definition(project, "signed_up", {"plan": TEXT | {"optional": True}})

    changed = change(definition, {"seats": NUMBER})

    assert (changed.version, versions_of(definition), changed.updated_at) == (2, [1, 2], NOW)
    assert published_of(definition) == draft_of(definition) == {"plan": "string", "seats": "number"}


def test_a_change_that_changes_nothing_keeps_the_version(project):
    definition = a_definition(project, "signed_up", {"plan": TEXT | {"optional": True}})

    change(definition, {"plan": TEXT})

    assert versions_of(definition) == [1]


def test_a_sent_property_is_replaced_as_a_whole(project):
    definition = a_definition(
        project, "signed_up", {"plan": TEXT | {"optional": True, "eq": ["free"], "max_length": 9}}
    )

    change(definition, {"plan": TEXT | {"max_length": 5}})

    version = SchemaVersion.objects.get(definition=definition, version=2)
    assert version.schema["properties"] == [
        {"id": str(ids_of(definition)["plan"]), "name": "plan", "type": "string", "optional": True, "max_length": 5}
    ]


def test_a_property_keeps_its_id_until_its_type_changes(project):
    definition = a_definition(project, "signed_up", {"plan": TEXT | {"optional": True}})
    first = ids_of(definition)["plan"]

    change(definition, {"plan": TEXT | {"max_length": 5}})
    narrowed = ids_of(definition)["plan"]
    change(definition, {"plan": NUMBER})

    assert (narrowed == first, ids_of(definition)["plan"] == first) == (True, False)


def test_a_removed_property_stays_in_the_version_and_can_come_back(project):
    definition = a_definition(project, "signed_up", {"plan": TEXT | {"optional": False}})

    change(definition, {"plan": TEXT | {"deleted": True}})
    without = published_of(definition)
    change(definition, {"plan": TEXT})

    assert (without, published_of(definition)) == ({}, {"plan": "string"})
    assert len(ids_of(definition)) == 1


def test_events_are_checked_by_the_version_that_was_published_last(project):
    definition = a_definition(project, "signed_up", {"plan": TEXT | {"optional": False}})
    first = accept(project, an_event(metadata={"plan": "free"}))[0]

    change(definition, {"plan": TEXT | {"deleted": True}, "seats": NUMBER | {"optional": False}})
    refused, second = send(project, an_event(metadata={"plan": "free"}), an_event(metadata={"seats": 3, "plan": 7}))

    assert isinstance(refused, MetadataInvalid)
    assert [(error.path, error.code) for error in refused.errors] == [("metadata.seats", "required")]
    assert (first.event.version, second.event.version) == (1, 2)


def test_a_draft_changes_nothing_until_it_is_published(project):
    definition = a_definition(project, "signed_up", {"plan": TEXT | {"optional": True}})
    edit_draft(definition, {"plan": TEXT, "seats": NUMBER | {"optional": False}})
    before = accept(project, an_event())[0]

    version = publish(definition, by=TESTER, now=NOW)

    assert (before.event.version, version.version) == (1, 2)
    assert isinstance(send(project, an_event())[0], MetadataInvalid)


def test_publishing_an_unchanged_draft_answers_the_version_there_is(project):
    definition = a_definition(project, "signed_up", {"plan": TEXT | {"optional": True}})

    assert [publish(definition, by=TESTER, now=NOW).version for _ in range(2)] == [1, 1]


def test_a_definition_that_was_never_published_takes_no_events(project):
    EventDefinition.objects.create(project=project, name="signed_up")

    assert isinstance(send(project, an_event())[0], NotFound)


def test_a_deprecated_definition_still_takes_events(project):
    definition = a_definition(project, "signed_up")
    change(definition, {}, status="deprecated")

    assert accept(project, an_event())[0].event.definition == definition


def test_a_definition_has_at_most_a_hundred_properties_removed_ones_included(project):
    hundred = {f"p{n}": TEXT | {"optional": True} for n in range(100)}
    definition = a_definition(project, "signed_up", hundred)
    change(definition, {"p0": TEXT | {"deleted": True}})

    with pytest.raises(InvalidPayload, match=r"^A definition has at most 100 properties, removed ones included$"):
        change(definition, {"one_more": TEXT})

    assert versions_of(definition) == [1, 2]


def test_a_name_and_an_alias_cannot_be_claimed_twice(project):
    definition = a_definition(project, "signed_up", {"shop": TEXT | {"optional": True, "aliases": ["store"]}})

    with pytest.raises(InvalidPayload, match=r"^'store' is a name of both 'shop' and 'store'$"):
        change(definition, {"store": TEXT})


def test_a_property_is_renamed_by_removing_the_old_name(project):
    definition = a_definition(project, "signed_up", {"shop": TEXT | {"optional": False}})

    change(definition, {"store": TEXT | {"optional": False, "aliases": ["shop"]}, "shop": TEXT | {"deleted": True}})

    assert [item.event.metadata for item in accept(project, an_event(metadata={"shop": "A"}))] == [{"shop": "A"}]


def test_compiling_costs_two_statements_once_a_revision(project, django_assert_num_queries):
    a_definition(project, "signed_up", {"plan": TEXT | {"optional": True}})

    with django_assert_num_queries(2):
        first, second = schemas_of(project), schemas_of(project)

    assert first is second


def test_every_change_is_written_down_with_both_versions(project):
    definition = a_definition(project, "signed_up")
    change(definition, {"plan": TEXT})
    delete_definition(definition, by=TESTER, now=timezone.now())

    entries = AuditEntry.objects.filter(target_id=definition.public_id).order_by("id")
    assert [entry.action for entry in entries] == [
        "event_definition.created",
        "event_definition.published",
        "event_definition.deleted",
    ]
    assert (entries[1].before, len(entries[1].after["properties"])) == ({"unknown": "keep", "properties": []}, 1)


def test_a_definition_that_is_refused_leaves_nothing(project):
    change = DefinitionChange(specs_of({"home": {"type": "object", "object_type": "address"}}))

    with pytest.raises(InvalidPayload, match=r"^There is no nested schema 'address'$"):
        create_definition(project, "signed_up", change, by=TESTER, now=NOW)

    assert EventDefinition.objects.count() == AuditEntry.objects.count() == 0
