"""Drafts: what people edit apart from what events are checked by."""

import pytest

from common.refusals import Duplicate, InvalidPayload, NotFound
from eventschema.drafting import draft_differs, save_draft
from eventschema.models import EventDefinition, SchemaVersion, Status
from eventschema.nesting import save_nested_schema
from eventschema.publishing import delete_definition, publish, published_specs
from eventschema.spec import PropertySpec
from projects.models import Project
from tests.eventschema.definitions import TEXT, change
from tests.eventschema.test_nested_objects import a_nested_schema
from tests.world import NOW, TESTER, a_definition

RATING = PropertySpec("rating", "number")


def draft(definition: EventDefinition, *specs: PropertySpec) -> EventDefinition:
    return save_draft(definition, specs, by=TESTER, now=NOW)


def test_a_new_definition_is_a_draft_of_version_nought(project: Project):
    definition = draft(EventDefinition(project=project, name="left_review"), RATING)

    assert (definition.status, definition.version) == (Status.DRAFT, 0)
    assert not SchemaVersion.objects.exists()


def test_a_draft_differs_until_it_is_published(project: Project):
    definition = draft(EventDefinition(project=project, name="left_review"), RATING)
    before = draft_differs(definition)

    publish(definition, by=TESTER, now=NOW)

    assert (before, draft_differs(EventDefinition.objects.get())) == (True, False)


def test_a_property_that_left_the_draft_and_comes_back_keeps_its_published_id(project: Project):
    definition = a_definition(project, "left_review", {"rating": {"type": "number", "optional": True}})
    published = definition.properties.get().property_id

    draft(definition)
    draft(definition, RATING)

    assert definition.properties.get().property_id == published


def test_a_policy_for_unknown_properties_is_part_of_the_draft(project: Project):
    definition = a_definition(project, "left_review")
    definition.unknown = "reject"

    draft(definition)

    assert SchemaVersion.objects.get().schema["unknown"] == "keep"
    assert draft_differs(EventDefinition.objects.get())


def test_a_name_in_use_is_refused(project: Project):
    a_definition(project, "left_review")

    with pytest.raises(Duplicate):
        draft(EventDefinition(project=project, name="left_review"))


def test_an_unknown_nested_schema_is_refused_and_nothing_is_written(project: Project):
    nested = PropertySpec("place", "object", options={"object_type": "nowhere"})

    with pytest.raises(InvalidPayload):
        draft(EventDefinition(project=project, name="check_in"), nested)

    assert not EventDefinition.objects.exists()


def test_a_definition_that_was_deleted_meanwhile_is_not_found(project: Project):
    definition = a_definition(project, "left_review")
    delete_definition(definition, by=TESTER, now=NOW)

    with pytest.raises(NotFound):
        draft(definition, RATING)


def test_a_drafted_policy_is_published_by_people_alone(project: Project):
    address = a_nested_schema(project, "address", {"city": TEXT})
    definition = a_definition(
        project, "moved", {"home": {"type": "object", "optional": True, "object_type": "address"}}
    )
    definition.unknown = "reject"
    draft(definition, *published_specs(definition))

    change(definition, {"reason": TEXT})
    save_nested_schema(address, [PropertySpec("town", "string")], by=TESTER, now=NOW)

    assert [version.schema["unknown"] for version in definition.versions.all()] == ["keep", "keep", "keep"]
    assert publish(definition, by=TESTER, now=NOW).schema["unknown"] == "reject"


def test_publishing_a_deprecated_definition_leaves_it_deprecated(project: Project):
    definition = a_definition(project, "left_review", status=Status.DEPRECATED)

    draft(definition, RATING)
    publish(definition, by=TESTER, now=NOW)

    definition.refresh_from_db()
    assert (definition.status, definition.version) == (Status.DEPRECATED, 2)
