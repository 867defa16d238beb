"""Definitions proposed from samples, and definitions as JSON Schema, over the management API."""

import pytest

from common.jsons import dumps
from eventschema.models import EventDefinition, MetadataSchema
from tests.eventschema.test_nested_objects import a_nested_schema
from tests.world import a_definition, accept, an_event, send

RATING = {"rating": {"type": "number", "optional": False, "gte": 1}, "note": {"type": "string", "optional": True}}


@pytest.fixture
def path(project):
    return f"/management/v1/projects/{project.public_id}/custom-event-schemas"


@pytest.fixture
def document(path, project):
    """The address of a definition's document."""
    return f"{path}/{a_definition(project, 'rated', RATING).public_id}/json-schema"


def test_a_proposal_is_taken_as_it_is(api, path, project):
    a_nested_schema(project, "address", {"city": {"type": "string"}})
    samples = [{"stars": 5, "zip": "02134", "home": {"city": "Oslo"}, "a.b": 1}, {"stars": 4.5, "zip": "1"}]

    proposed = api.post(f"{path}/infer", {"samples": samples}).body
    made = api.post(path, {"name": "rated", "schema": proposed["schema"]})

    assert proposed == {
        "schema": {
            "properties": {
                "stars": {"type": "number", "optional": False},
                "zip": {"type": "string", "optional": False},
                "home": {"type": "object", "optional": True, "object_type": "address"},
            }
        },
        "notes": ["'a.b' is left out: a name must hold no dot, no $ and no control character."],
    }
    assert (made.status, made.body["schema"]) == (200, proposed["schema"])


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ("{}", ["samples"]),
        ('{"samples": {}}', ["samples"]),
        ('{"samples": []}', ["samples"]),
        ('{"samples": [{}, 5, null, [1]]}', ["samples.1", "samples.2", "samples.3"]),
        ('{"samples": [{"a": NaN}, NaN, {"event": "a", "metadata": 1e999}]}', ["samples.0", "samples.1", "samples.2"]),
        ('{"samples": [{"a": 1, "a": 2}, {"a": "\\u0000"}, "\\ud800"]}', ["samples.0", "samples.1", "samples.2"]),
        (f'{{"samples": [{"[" * 50}{"]" * 50}]}}', ["samples.0"]),
    ],
)
def test_samples_that_cannot_be_read_are_named(api, path, count_rows, raw, paths):
    before = count_rows()

    answer = api.raw("POST", f"{path}/infer", raw.encode())

    assert (answer.status, answer.paths, count_rows()) == (400, paths, before)


def test_many_samples_may_hold_more_keys_than_one_event(api, path):
    samples = [{f"p{number}": number for number in range(60)} for _ in range(50)]

    assert len(api.post(f"{path}/infer", {"samples": samples}).body["schema"]["properties"]) == 60


def test_what_is_got_and_put_back_changes_nothing(api, path, document, project):
    before = api.get(document).body

    answer = api.put(document, before)

    assert (answer.status, answer.body, EventDefinition.objects.get().version) == (200, before, 1)


def test_a_document_is_the_whole_definition_and_counts_at_once(api, document, project):
    properties = {"stars": {"type": "number", "maximum": 5}, "note": {"type": "string"}}
    put = {"type": "object", "properties": properties, "required": ["stars"], "additionalProperties": False}

    answer = api.put(document, put | {"description": "Stars"})
    outcomes = send(project, an_event("rated", metadata={"stars": 5}), an_event("rated", metadata={"rating": 1}))

    shown = api.get(document.removesuffix("/json-schema")).body
    assert (answer.status, shown["version"], shown["description"], shown["unknown"]) == (200, 2, "Stars", "reject")
    assert {name: item.get("deleted", False) for name, item in shown["schema"]["properties"].items()} == {
        "rating": True,
        "note": False,
        "stars": False,
    }
    assert [sorted(error.path for error in outcome.errors) for outcome in outcomes[1:]] == [
        ["metadata.rating", "metadata.stars"]
    ]


def test_nested_schemas_come_with_the_document(api, document, project):
    home = {"home": {"type": "object", "$ref": "#/$defs/address"}}
    address = {"type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False}

    answers = [
        api.put(document, {"properties": home, "$defs": {"address": defined}})
        for defined in (address, address, address | {"additionalProperties": True})
    ]

    schema = MetadataSchema.objects.get()
    assert [answer.status for answer in answers] == [200, 200, 400]
    assert (answers[2].paths, schema.allow_defined_only) == (["$defs.address"], True)
    assert [row.name for row in schema.properties.all()] == ["city"]


def test_a_document_that_cannot_be_taken_over_changes_nothing(api, document, count_rows):
    before = count_rows()

    answer = api.put(document, {"properties": {"a": {"type": "integer", "multipleOf": 2}}, "oneOf": []})

    assert (answer.status, count_rows()) == (400, before)
    assert sorted(answer.paths) == ["oneOf", "properties.a.multipleOf", "properties.a.type"]


def test_a_definition_of_a_hundred_full_properties_fits_into_a_document(api, path, project):
    full = {
        "type": "string",
        "optional": True,
        "array": True,
        "personal": True,
        "min_length": 1,
        "max_length": 50,
        "description": "d" * 500,
        "eq": [f"value {number}" for number in range(20)],
    }
    properties = {f"property {number}": full | {"aliases": [f"alias {number}"]} for number in range(100)}
    definition = a_definition(project, "full", properties)
    document = f"{path}/{definition.public_id}/json-schema"

    got = api.get(document).body

    assert (api.put(document, got).status, len(dumps(got)) > 100_000) == (200, True)


def test_a_draft_has_no_document_yet(api, path, project):
    draft = EventDefinition.objects.create(project=project, name="draft")

    assert api.get(f"{path}/{draft.public_id}/json-schema").key == "not_found"


def test_an_event_sent_by_the_document_is_accepted(api, document, project):
    required = api.get(document).body["required"]

    assert accept(project, an_event("rated", metadata=dict.fromkeys(required, 3)))
