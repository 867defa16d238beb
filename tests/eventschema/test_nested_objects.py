"""Objects: free, or checked one level deep against a nested schema."""

import pytest

from common.refusals import InvalidPayload
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from tests.eventschema.schemas import a_schema, kept, problems, sentences, specs_of
from tests.world import NOW, TESTER, a_definition

ADDRESS = {"city": {"type": "string", "optional": False}, "floor": {"type": "number", "aliases": ["storey"]}}
HOME = {"home": {"type": "object", "object_type": "address"}}


def a_nested_schema(project, name, properties, **parts):
    schema = MetadataSchema(project=project, related_object=name, **parts)
    return save_nested_schema(schema, specs_of(properties), by=TESTER, now=NOW)


def test_an_object_without_a_nested_schema_is_free():
    anything = {"home": {"city": 5, "deep": {"deeper": [{}]}}}

    assert kept(a_schema({"home": {"type": "object"}}, unknown="reject"), anything) == anything


def test_an_object_is_checked_by_its_nested_schema():
    schema = a_schema(HOME, nested={"address": ADDRESS})

    assert kept(schema, {"home": {"city": "Berlin", "floor": 3, "bell": "B"}}) == {
        "home": {"city": "Berlin", "floor": 3, "bell": "B"}
    }
    assert problems(schema, {"home": {"floor": "3"}}) == [
        ("metadata.home.floor", "type"),
        ("metadata.home.city", "required"),
    ]


def test_the_sentence_names_the_way_into_the_object():
    schema = a_schema(HOME, nested={"address": ADDRESS})

    assert sentences(schema, {"home": {"city": 5}}) == [
        "home.city: must be a string, property is required (actual value is '5')"
    ]


def test_a_list_of_objects_is_checked_one_by_one():
    orders = {"homes": {"type": "object", "object_type": "address", "array": True}}
    schema = a_schema(orders, nested={"address": ADDRESS})

    assert problems(schema, {"homes": [{"city": "Berlin"}, {}, "Rome", {"city": "Oslo", "storey": "9"}]}) == [
        ("metadata.homes[1].city", "required"),
        ("metadata.homes[2]", "type"),
        ("metadata.homes[3].storey", "type"),
    ]


def test_keys_that_a_nested_schema_does_not_define_are_stripped_or_refused_with_it():
    home = {"home": {"city": "Berlin", "bell": "B"}}

    assert kept(a_schema(HOME, unknown="strip", nested={"address": ADDRESS}), home) == {"home": {"city": "Berlin"}}
    assert problems(a_schema(HOME, unknown="reject", nested={"address": ADDRESS}), home) == [
        ("metadata.home.bell", "unknown")
    ]


def test_a_nested_schema_holds_no_objects(project):
    with pytest.raises(InvalidPayload, match=r"^'inner': objects nest one level only$"):
        a_nested_schema(project, "address", {"inner": {"type": "object"}})

    assert MetadataSchema.objects.count() == 0


def test_the_schema_of_a_standard_resource_holds_objects_and_is_nested_in_nothing(project):
    a_nested_schema(project, "address", {})
    a_nested_schema(project, "customer", {"home": {"type": "object", "object_type": "address"}})

    with pytest.raises(InvalidPayload, match=r"^There is no nested schema 'customer'$"):
        a_definition(project, "moved", {"whom": {"type": "object", "optional": True, "object_type": "customer"}})


def test_a_nested_schema_has_at_most_a_hundred_properties(project):
    properties = {f"p{n}": {"type": "string"} for n in range(100)}
    a_nested_schema(project, "address", properties)

    schema = MetadataSchema(project=project, related_object="other")
    too_many = [*specs_of(properties), *specs_of({"q": {"type": "string"}})]
    with pytest.raises(InvalidPayload, match=r"^A schema has at most 100 properties$"):
        save_nested_schema(schema, too_many, by=TESTER, now=NOW)
