"""Nested schemas in the admin: the same cards, saved at once."""

import pytest
from django.test import Client

from eventschema.models import MetadataSchema, SchemaVersion
from eventschema.nesting import save_nested_schema
from eventschema.spec import PropertySpec
from projects.models import Project
from tests.admin.forms import cards, errors_of, posted
from tests.admin.test_definitions import ADD, NO_CHOICE, OWN, card_errors
from tests.world import NOW, TESTER, a_definition, accept, an_event

CHANGE_NESTED = "eventschema_metadataschema_change"


def test_a_nested_schema_is_chosen_by_name_and_written_into_the_version(marketer: Client, project: Project):
    nested = {"project": project.pk, "related_object": "place", "_save": ""} | cards({"name": "city"})
    posted(marketer, "eventschema_metadataschema_add", nested)

    sent = cards(
        {"name": "where", "type": "object", "object_type": "place"},
        {"name": "any", "type": "object", "object_type": ""},
    )
    posted(marketer, ADD, OWN | {"project": project.pk, "_publish": ""} | sent)

    schema = SchemaVersion.objects.get().schema
    assert [item.get("object_type") for item in schema["properties"]] == ["place", None]
    assert [item["name"] for item in schema["nested"]["place"]["properties"]] == ["city"]


def test_saving_a_nested_schema_publishes_its_events_anew(marketer: Client, project: Project):
    posted(
        marketer,
        "eventschema_metadataschema_add",
        {"project": project.pk, "related_object": "place"} | cards({"name": "city"}),
    )
    where = {"where": {"type": "object", "optional": True, "object_type": "place"}}
    definition = a_definition(project, "check_in", where)

    place = MetadataSchema.objects.get()
    posted(marketer, CHANGE_NESTED, cards({"name": "city"}, {"name": "street"}), place.pk)

    definition.refresh_from_db()
    assert definition.version == 2


@pytest.fixture
def place(project: Project) -> MetadataSchema:
    """A nested schema that an event uses, of which two are stored: one with a city, one without."""
    place = MetadataSchema(project=project, related_object="place")
    save_nested_schema(place, [PropertySpec("city", "string")], by=TESTER, now=NOW)
    a_definition(project, "check_in", {"where": {"type": "object", "optional": True, "object_type": "place"}})
    accept(project, *(an_event("check_in", metadata={"where": where}) for where in ({"city": "Rome"}, {})))
    return place


def test_what_breaks_events_is_asked_about_first(marketer: Client, place: MetadataSchema):
    required = cards({"name": "city", "required": True})

    asked = posted(marketer, CHANGE_NESTED, required, place.pk)
    untouched = place.properties.get().optional
    breakages = asked.context["breakages"]
    posted(marketer, CHANGE_NESTED, required | {"confirm": breakages.token}, place.pk)

    assert [str(cell) for cell in breakages.panel.rows[0][1:]] == [
        "In “where”: “city” is required.",
        "1 of 2 (50 %)",
    ]
    assert (untouched, place.properties.get().optional) == (True, False)


def test_what_was_confirmed_is_no_licence_for_more(marketer: Client, place: MetadataSchema):
    asked = posted(marketer, CHANGE_NESTED, cards({"name": "city", "required": True}), place.pk)
    further = cards({"name": "city", "required": True, "max_length": "3"})

    again = posted(marketer, CHANGE_NESTED, further | {"confirm": asked.context["breakages"].token}, place.pk)

    assert "“city” takes less" in str(again.context["breakages"].panel.rows[0][1])
    assert place.properties.get().optional


def test_what_breaks_nobody_is_saved_at_once(marketer: Client, place: MetadataSchema):
    posted(marketer, CHANGE_NESTED, cards({"name": "city"}, {"name": "zip"}), place.pk)

    assert [row.name for row in place.properties.all()] == ["city", "zip"]


def test_objects_in_a_nested_schema_are_not_offered(marketer: Client, project: Project):
    sent = {"project": project.pk, "related_object": "place"} | cards({"name": "inner", "type": "object"})

    answer = posted(marketer, "eventschema_metadataschema_add", sent)

    assert card_errors(answer) == [{"type": [NO_CHOICE.format("object")]}]


def test_a_name_in_use_is_told_on_the_page(marketer: Client, project: Project):
    MetadataSchema.objects.create(project=project, related_object="place")
    sent = {"project": project.pk, "related_object": "place"} | cards({"name": "city"})

    answer = posted(marketer, "eventschema_metadataschema_add", sent)

    assert errors_of(answer) == {"__all__": ["This project already has a nested schema of that name."]}


def test_the_metadata_of_customers_may_hold_nested_schemas(marketer: Client, project: Project):
    place = {"project": project.pk, "related_object": "place"} | cards({"name": "city"})
    posted(marketer, "eventschema_metadataschema_add", place)

    home = cards({"name": "home", "type": "object", "object_type": "place"}, {"name": "age", "type": "number"})
    posted(marketer, "eventschema_metadataschema_add", {"project": project.pk, "related_object": "customer"} | home)
    customers = MetadataSchema.objects.get(related_object="customer")
    posted(marketer, CHANGE_NESTED, home, customers.pk)

    assert [(row.name, row.options) for row in customers.properties.all()] == [
        ("home", {"object_type": "place"}),
        ("age", {}),
    ]
