"""Nested schemas in the admin: the same cards, saved at once."""

from django.test import Client

from eventschema.models import MetadataSchema, SchemaVersion
from projects.models import Project
from tests.admin.forms import cards, errors_of, posted
from tests.admin.test_definitions import ADD, NO_CHOICE, OWN, card_errors
from tests.world import a_definition


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
    posted(marketer, "eventschema_metadataschema_change", cards({"name": "town"}), place.pk)

    definition.refresh_from_db()
    assert definition.version == 2


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
    posted(marketer, "eventschema_metadataschema_change", home, customers.pk)

    assert [(row.name, row.options) for row in customers.properties.all()] == [
        ("home", {"object_type": "place"}),
        ("age", {}),
    ]
