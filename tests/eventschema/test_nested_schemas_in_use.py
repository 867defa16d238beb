"""A nested schema takes effect in every event that uses it, each in a version of its own."""

import pytest

from common.refusals import Duplicate, MetadataInvalid
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from tests.eventschema.definitions import TEXT, change, published_of, versions_of
from tests.eventschema.schemas import specs_of
from tests.eventschema.test_nested_objects import a_nested_schema
from tests.world import NOW, TESTER, a_definition, accept, an_event, send

HOME = {"home": {"type": "object", "optional": True, "object_type": "address"}}


def save(schema, properties):
    save_nested_schema(schema, specs_of(properties), by=TESTER, now=NOW)


def test_a_changed_nested_schema_publishes_its_users_anew_and_nobody_else(project):
    address = a_nested_schema(project, "address", {"city": TEXT})
    user, stranger = a_definition(project, "moved", HOME), a_definition(project, "signed_up")

    save(address, {"city": TEXT | {"optional": False}})

    assert (versions_of(user), versions_of(stranger)) == ([1, 2], [1])
    assert isinstance(send(project, an_event("moved", metadata={"home": {}}))[0], MetadataInvalid)


def test_older_events_keep_the_nested_schema_of_their_version(project):
    address = a_nested_schema(project, "address", {"city": TEXT})
    definition = a_definition(project, "moved", HOME)
    before = accept(project, an_event("moved", metadata={"home": {"city": "Oslo"}}))[0].event

    save(address, {"town": TEXT})

    snapshots = {row.version: row.schema["nested"]["address"]["properties"] for row in definition.versions.all()}
    assert [[item["name"] for item in snapshots[version]] for version in (before.version, 2)] == [["city"], ["town"]]


def test_a_nested_schema_that_does_not_change_publishes_nothing(project):
    address = a_nested_schema(project, "address", {})
    definition = a_definition(project, "moved", HOME)

    save(address, {})

    assert versions_of(definition) == [1]


def test_an_event_that_no_longer_uses_the_nested_schema_is_left_alone(project):
    address = a_nested_schema(project, "address", {"city": TEXT})
    definition = a_definition(project, "moved", HOME)
    change(definition, {"home": {"type": "object"}})

    save(address, {"town": TEXT})

    assert versions_of(definition) == [1, 2]


def test_the_nested_schema_may_refuse_undefined_keys(project):
    a_nested_schema(project, "address", {"city": TEXT}, allow_defined_only=True)
    a_definition(project, "moved", HOME)

    refused = send(project, an_event("moved", metadata={"home": {"city": "Oslo", "bell": "B"}}))[0]

    assert [(error.path, error.code) for error in refused.errors] == [("metadata.home.bell", "unknown")]


def test_another_projects_nested_schema_of_that_name_plays_no_part(project, mallorys_project):
    a_nested_schema(project, "address", {"city": TEXT})
    definition = a_definition(project, "moved", HOME)

    a_nested_schema(mallorys_project, "address", {"city": {"type": "number", "optional": False}})

    assert versions_of(definition) == [1]
    assert accept(project, an_event("moved", metadata={"home": {"city": "Oslo"}}))


def test_a_draft_is_not_published_along_with_the_nested_schema(project):
    address = a_nested_schema(project, "address", {"city": TEXT})
    definition = a_definition(project, "moved", HOME)
    definition.properties.update(type="string", options={})

    save(address, {"town": TEXT})

    assert published_of(definition) == {"home": "object"}


def test_a_nested_schemas_name_is_taken_once(project):
    a_nested_schema(project, "address", {})

    with pytest.raises(Duplicate, match=r"^Duplicated metadata_schema exists with name address$"):
        a_nested_schema(project, "address", {})

    assert MetadataSchema.objects.count() == 1
