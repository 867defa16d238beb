"""Metadata schemas over the management API and as back ends read them (contract c.4)."""

import pytest

from projects.models import AuditEntry

TEXT = {"type": "string", "optional": True}


@pytest.fixture
def path(project):
    return f"/management/v1/projects/{project.public_id}/metadata-schemas"


def define(api, path, name="customer", properties=None, **parts):
    return api.post(path, {"related_object": name, "properties": properties or {}} | parts)


def test_a_schema_is_answered_as_the_contract_says(api, path):
    regions = {"type": "string", "array": True, "optional": False, "object_type": None, "eq": ["EMEA", "APAC"]}

    body = define(api, path, "reward", {"region": regions}, allow_defined_only=None).body

    assert {name: value for name, value in body.items() if name not in {"id", "created_at"}} == {
        "related_object": "reward",
        "properties": {"region": regions},
        "allow_defined_only": False,
        "updated_at": None,
        "object": "metadata_schema",
    }
    assert body["id"].startswith("ms_")
    assert api.get(f"{path}/{body['id']}").body == body


def test_back_ends_read_the_same_in_camel_case(api, path):
    define(api, path, "address", {"zip": TEXT | {"exact_length": 5}})
    lengths = {"min_length": 1, "max_length": 9}
    home = {"type": "object", "optional": True, "object_type": "address"}
    define(api, path, "customer", {"home": home, "a": TEXT | lengths})

    listed, one = api.get("/v1/metadata-schemas").body, api.get("/v1/metadata-schemas/customer").body

    plain = {"type": "string", "array": False, "optional": True, "objectType": None}
    assert one["properties"] == {
        "home": {"type": "object", "array": False, "optional": True, "objectType": "address"},
        "a": plain | {"minLength": 1, "maxLength": 9},
    }
    assert [item["related_object"] for item in listed.pop("schemas")] == ["address", "customer"]
    assert listed == {"object": "list", "data_ref": "schemas", "total": 2}
    assert api.get("/v1/metadata-schemas/address").body["properties"] == {"zip": plain | {"exactLength": 5}}


def test_schemas_are_listed_with_their_number(api, path):
    define(api, path, "voucher")
    define(api, path, "campaign")

    body = api.get(path).body

    assert [item["related_object"] for item in body.pop("data")] == ["campaign", "voucher"]
    assert body == {"object": "list", "data_ref": "data", "total": 2}


def test_a_change_puts_each_sent_property_as_a_whole_in_the_place_of_its_namesake(api, path):
    properties = {"plan": TEXT | {"eq": ["S", "M"]}, "age": {"type": "number", "optional": True}}
    made = define(api, path, properties=properties).body

    sent = {"plan": TEXT | {"array": True}, "vip": {"type": "boolean", "optional": True}}
    changed = api.put(f"{path}/{made['id']}", {"properties": sent, "allow_defined_only": True}).body

    assert {name: (item["type"], item["array"], "eq" in item) for name, item in changed["properties"].items()} == {
        "plan": ("string", True, False),
        "age": ("number", False, False),
        "vip": ("boolean", False, False),
    }
    assert (changed["allow_defined_only"], changed["updated_at"] is None) == (True, False)
    assert api.put(f"{path}/{made['id']}", {}).body["properties"] == changed["properties"]


def test_a_type_cannot_be_changed(api, path):
    made = define(api, path, properties={"plan": TEXT, "age": TEXT}).body

    number = {"type": "number", "optional": True}
    answer = api.put(f"{path}/{made['id']}", {"properties": {"plan": number, "age": number, "new": number}})

    assert (answer.status, answer.paths) == (400, ["properties.plan.type", "properties.age.type"])
    assert api.get(f"{path}/{made['id']}").body == made


def test_a_removed_property_is_shown_as_removed_and_checks_nothing(api, path):
    made = define(api, path, properties={"plan": TEXT}, allow_defined_only=False).body

    changed = api.put(f"{path}/{made['id']}", {"properties": {"plan": TEXT | {"deleted": True}}}).body

    assert changed["properties"]["plan"]["deleted"] is True
    assert api.post("/v1/customers", {"source_id": "ben", "metadata": {"plan": 5}}).status == 200


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["properties", "related_object"]),
        ({"related_object": "", "properties": []}, ["properties", "related_object"]),
        ({"related_object": "a" * 101, "properties": {}}, ["related_object"]),
        ({"related_object": "a", "properties": {"b": None}}, ["properties.b"]),
        ({"related_object": "a", "properties": {"b": {"type": None}}}, ["properties.b", "properties.b"]),
        ({"related_object": "a", "properties": {"b": TEXT | {"lt": 5}}}, ["properties.b.lt"]),
        ({"related_object": "a", "properties": {"b": TEXT | {"type": "object"}}}, ["properties.b.type"]),
        (
            {"related_object": "customer", "properties": {"b": TEXT | {"type": "object", "object_type": "order"}}},
            ["properties.b.object_type"],
        ),
        ({"related_object": "a", "properties": {}, "allow_defined_only": "yes"}, ["allow_defined_only"]),
    ],
)
def test_a_schema_that_cannot_be_is_refused_with_every_reason(api, path, count_rows, body, paths):
    before = count_rows()

    answer = api.post(path, body)

    assert (answer.status, sorted(answer.paths), count_rows()) == (400, sorted(paths), before)


def test_a_resource_is_defined_once(api, path):
    define(api, path)

    answer = define(api, path)

    assert (answer.status, answer.key, answer.body["resource_id"]) == (409, "duplicate_found", "customer")


def test_a_nested_schema_in_use_is_not_deleted(api, path, project):
    made = define(api, path, "address", {"city": TEXT}).body
    home = {"type": "object", "optional": True, "object_type": "address"}
    define(api, path, "customer", {"home": home})
    events = f"/management/v1/projects/{project.public_id}/custom-event-schemas"
    api.post(events, {"name": "moved", "schema": {"properties": {"to": home}}})

    answer = api.delete(f"{path}/{made['id']}")

    assert (answer.status, answer.key) == (400, "resource_in_use")
    assert answer.body["details"].endswith("in use by event 'moved', metadata schema 'customer'")


def test_a_deleted_schema_is_gone_and_checks_nothing(api, path):
    made = define(api, path, properties={"age": {"type": "number", "optional": False}}).body

    deleted = api.delete(f"{path}/{made['id']}")

    assert (deleted.status, api.get(f"{path}/{made['id']}").status) == (204, 404)
    assert api.get("/v1/metadata-schemas/customer").key == "not_found"
    assert api.post("/v1/customers", {"source_id": "ben", "metadata": {"age": "old"}}).status == 200
    assert AuditEntry.objects.filter(action="metadata_schema.deleted").count() == 1
