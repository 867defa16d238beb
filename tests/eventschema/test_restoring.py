"""An earlier version comes back as a draft; a definition is deprecated from a day on."""

from dataclasses import replace
from datetime import date

import pytest

from common.refusals import InvalidPayload, NotFound
from eventschema.drafting import draft_changes, draft_snapshot, restore_version, save_draft
from eventschema.models import EventDefinition, SchemaVersion, Status
from eventschema.publishing import publish
from eventschema.spec import PropertySpec
from eventschema.status import set_status
from projects.models import AuditEntry
from tests.eventschema.definitions import NUMBER, TEXT, change, draft_of, published_of, versions_of
from tests.eventschema.test_nested_objects import a_nested_schema
from tests.world import NOW, TESTER, a_definition, accept, an_event


@pytest.fixture
def signed_up(project):
    return a_definition(project, "signed_up", {"plan": TEXT | {"optional": True}})


def test_a_restored_version_is_the_draft_and_no_version_changes(signed_up):
    change(signed_up, {"plan": TEXT | {"deleted": True}, "seats": NUMBER}, unknown="reject")
    before = list(SchemaVersion.objects.values_list("schema", flat=True))

    restored = restore_version(signed_up, 1, by=TESTER, now=NOW)

    assert draft_snapshot(restored) == SchemaVersion.objects.get(version=1).schema
    assert published_of(signed_up) == {"seats": "number"}
    assert list(SchemaVersion.objects.values_list("schema", flat=True)) == before


def test_a_property_that_was_gone_altogether_comes_back_with_its_id(signed_up):
    publish(save_draft(signed_up, [], by=TESTER, now=NOW), by=TESTER, now=NOW)
    publish(save_draft(signed_up, [PropertySpec("seats", "number")], by=TESTER, now=NOW), by=TESTER, now=NOW)

    restored = restore_version(signed_up, 1, by=TESTER, now=NOW)

    assert draft_snapshot(restored) == SchemaVersion.objects.get(version=1).schema


def test_a_restored_version_that_is_published_is_the_next_one(signed_up):
    change(signed_up, {"seats": NUMBER})

    publish(restore_version(signed_up, 1, by=TESTER, now=NOW), by=TESTER, now=NOW)

    assert (versions_of(signed_up), published_of(signed_up)) == ([1, 2, 3], {"plan": "string"})


def test_restoring_keeps_the_later_name_of_a_property_as_one_that_is_taken(signed_up):
    [plan] = [PropertySpec.of(row) for row in signed_up.properties.all()]
    publish(save_draft(signed_up, [replace(plan, name="tier")], by=TESTER, now=NOW), by=TESTER, now=NOW)

    restored = restore_version(signed_up, 1, by=TESTER, now=NOW)

    assert [(row.name, row.aliases) for row in restored.properties.all()] == [("plan", ["tier"])]
    assert [str(item.kind) for item in draft_changes(restored) if item.is_breaking] == []


def test_a_restored_draft_is_written_down_with_what_it_was_before(signed_up):
    change(signed_up, {"seats": NUMBER})

    restore_version(signed_up, 1, by=TESTER, now=NOW)

    entry = AuditEntry.objects.get(action="event_definition.restored")
    names = [[item["name"] for item in schema["properties"]] for schema in (entry.before, entry.after)]
    assert (entry.actor, names) == ("tests", [["plan", "seats"], ["plan"]])


def test_a_version_that_there_is_not_is_not_found(signed_up):
    with pytest.raises(NotFound):
        restore_version(signed_up, 2, by=TESTER, now=NOW)


def test_a_version_that_can_no_longer_be_is_refused_and_the_draft_stays(project):
    address = a_nested_schema(project, "address", {"city": TEXT})
    moved = a_definition(project, "moved", {"home": {"type": "object", "optional": True, "object_type": "address"}})
    change(moved, {"home": TEXT})
    address.properties.all().delete()
    address.delete()

    with pytest.raises(InvalidPayload, match=r"^There is no nested schema 'address'$"):
        restore_version(moved, 1, by=TESTER, now=NOW)

    assert draft_of(moved) == {"home": "string"}


@pytest.mark.parametrize(("said", "kept"), [(date(2027, 3, 1), date(2027, 3, 1)), (None, NOW.date())])
def test_a_definition_is_deprecated_from_a_day_on_and_still_takes_events(project, signed_up, said, kept):
    set_status(signed_up, Status.DEPRECATED, deprecated_on=said, by=TESTER, now=NOW)

    signed_up.refresh_from_db()
    assert (signed_up.status, signed_up.deprecated_on) == (Status.DEPRECATED, kept)
    assert accept(project, an_event(metadata={"plan": "free"}))[0].event.definition == signed_up


def test_a_deprecated_definition_is_put_back_in_use(signed_up):
    set_status(signed_up, Status.DEPRECATED, by=TESTER, now=NOW)

    set_status(signed_up, Status.ACTIVE, by=TESTER, now=NOW)

    signed_up.refresh_from_db()
    assert (signed_up.status, signed_up.deprecated_on) == (Status.ACTIVE, None)
    entries = AuditEntry.objects.filter(target_id=signed_up.public_id).order_by("id")
    assert [(entry.action, entry.after) for entry in entries][1:] == [
        ("event_definition.deprecated", {"status": "deprecated", "deprecated_on": "2026-11-22"}),
        ("event_definition.reinstated", {"status": "active", "deprecated_on": None}),
    ]


def test_a_draft_is_not_deprecated(project):
    draft = save_draft(EventDefinition(project=project, name="left_review"), [], by=TESTER, now=NOW)

    with pytest.raises(InvalidPayload, match=r"^A definition that was never published is a draft$"):
        set_status(draft, Status.DEPRECATED, by=TESTER, now=NOW)
