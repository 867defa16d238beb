"""`/management/v1`: the project and its event definitions."""

import pytest

from eventschema.models import EventDefinition
from projects.models import AuditEntry
from tests.eventschema.definitions import edit_draft

TEXT = {"type": "string", "optional": True}


@pytest.fixture
def path(project):
    return f"/management/v1/projects/{project.public_id}/custom-event-schemas"


def define(api, path, name="rated", properties=None, **parts):
    return api.post(path, {"name": name, "schema": {"properties": properties or {}}} | parts)


def test_a_definition_is_answered_as_the_contract_says(api, path):
    properties = {"rating": {"type": "number", "optional": False, "gte": 1, "lte": 5}, "tags": TEXT | {"array": True}}

    body = define(api, path, properties=properties, description="Stars", unknown="reject").body

    assert {name: value for name, value in body.items() if name not in {"id", "created_at"}} == {
        "name": "rated",
        "schema": {"properties": properties},
        "description": "Stars",
        "status": "active",
        "unknown": "reject",
        "version": 1,
        "object": "custom-event-schema",
    }
    assert body["id"].startswith("ms_")


def test_a_change_publishes_the_next_version(api, path):
    made = define(api, path, properties={"plan": TEXT}).body

    changed = api.put(
        f"{path}/{made['id']}", {"schema": {"properties": {"seats": {"type": "number", "optional": True}}}}
    ).body

    assert changed["schema"]["properties"] == {"plan": TEXT, "seats": {"type": "number", "optional": True}}
    assert (changed["version"], changed["name"], "updated_at" in changed) == (2, "rated", True)
    assert api.get(f"{path}/{made['id']}").body == changed


def test_a_removed_property_is_shown_as_removed(api, path):
    made = define(api, path, properties={"plan": TEXT}).body

    changed = api.put(f"{path}/{made['id']}", {"schema": {"properties": {"plan": TEXT | {"deleted": True}}}}).body

    assert changed["schema"]["properties"] == {"plan": TEXT | {"deleted": True}}


def test_the_name_cannot_be_changed(api, path):
    made = define(api, path).body

    changed = api.put(f"{path}/{made['id']}", {"name": "other", "schema": {"properties": {}}}).body

    assert (changed["name"], changed["version"]) == ("rated", 1)


def test_definitions_are_listed_with_their_number(api, path):
    for name in ("a", "b"):
        define(api, path, name)

    body = api.get(path).body

    assert [item["name"] for item in body.pop("data")] == ["a", "b"]
    assert body == {"object": "list", "data_ref": "data", "total": 2}


def test_a_name_in_use_is_a_conflict_that_names_it(api, path):
    define(api, path)

    answer = define(api, path)

    assert (answer.status, answer.key, answer.body["resource_type"], answer.body["resource_id"]) == (
        409,
        "duplicate_found",
        "custom_event_schema",
        "rated",
    )


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["name", "schema"]),
        ({"name": "rated"}, ["schema"]),
        ({"name": "rated", "schema": {}}, ["schema.properties"]),
        ({"name": "rated", "schema": {"properties": []}}, ["schema.properties"]),
        ({"name": "", "schema": {"properties": {}}}, ["name"]),
        ({"name": "a" * 301, "schema": {"properties": {}}}, ["name"]),
        (
            {"name": 5, "schema": {"properties": {"a.b": TEXT, "c": {}}}, "status": "draft"},
            ["name", "status", "schema.properties.a.b", "schema.properties.c", "schema.properties.c"],
        ),
        (
            {"name": "rated", "schema": {"properties": {"a": TEXT, "b": TEXT | {"aliases": ["a"]}}}},
            ["schema.properties.b"],
        ),
        (
            {
                "name": "rated",
                "schema": {"properties": {"a": {"type": "object", "optional": True, "object_type": "x"}}},
            },
            ["schema.properties.a.object_type"],
        ),
    ],
)
def test_a_definition_that_cannot_be_is_refused_with_every_reason(api, path, count_rows, body, paths):
    before = count_rows()

    answer = api.post(path, body)

    assert (answer.status, sorted(answer.paths), count_rows()) == (400, sorted(paths), before)


def test_a_draft_that_was_changed_otherwise_is_a_conflict(api, path):
    made = define(api, path, properties={"plan": TEXT}).body
    edit_draft(EventDefinition.objects.get(), {"plan": {"type": "number"}})

    answer = api.put(f"{path}/{made['id']}", {"schema": {"properties": {"plan": TEXT | {"max_length": 5}}}})

    assert (answer.status, answer.key, answer.body["resource_id"]) == (409, "conflict", made["id"])


def test_a_definition_in_use_is_deleted_by_force_alone(api, path, shop):
    plain = api.delete(f"{path}/{shop.definition.public_id}")
    forced = api.raw("DELETE", f"{path}/{shop.definition.public_id}?force=true")

    assert (plain.status, plain.key) == (400, "resource_in_use")
    assert "referral campaign 'zebra referrals', earning rule 'zebra rule'" in plain.body["details"]
    assert (forced.status, api.get(f"{path}/{shop.definition.public_id}").status) == (204, 404)
    assert api.get(f"/v1/events/{shop.event.public_id}").body["type"] == shop.definition.name


def test_a_deprecated_definition_still_takes_events(api, path):
    made = define(api, path).body

    changed = api.put(f"{path}/{made['id']}", {"schema": {"properties": {}}, "status": "deprecated"}).body
    tracked = api.post("/v1/events", {"event": "rated", "customer": {"source_id": "ben"}})

    assert (changed["status"], tracked.status) == ("deprecated", 200)


def test_a_project_is_read_and_changed(api, project):
    path = f"/management/v1/projects/{project.public_id}"

    before = api.get(path).body
    after = api.put(path, {"name": "Kiosk", "time_zone": "Europe/Berlin", "client_publish_enabled": True}).body

    changed = {
        "name": "Kiosk",
        "time_zone": "Europe/Berlin",
        "timezone": "Europe/Berlin",
        "client_publish_enabled": True,
    }
    assert after == before | changed
    assert (before["object"], before["unknown_events"], before["case_sensitive_codes"]) == ("project", "reject", False)


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"time_zone": "Mars"}, ["time_zone"]),
        ({"name": ""}, ["name"]),
        ({"unknown_events": "maybe", "client_publish_enabled": "yes"}, ["client_publish_enabled", "unknown_events"]),
        ({"max_event_age_days": 0}, ["max_event_age_days"]),
        ({"max_event_age_days": 2**62}, ["max_event_age_days"]),
        ({"case_sensitive_codes": True, "time_zone": "Mars"}, ["case_sensitive_codes", "time_zone"]),
    ],
)
def test_a_setting_that_cannot_be_is_named(api, project, body, paths):
    answer = api.put(f"/management/v1/projects/{project.public_id}", body)

    assert (answer.status, sorted(answer.paths)) == (400, paths)


def test_a_switch_that_is_changed_counts_from_the_next_event_on_and_is_written_down(api, project):
    path = f"/management/v1/projects/{project.public_id}"
    event = {"event": "unheard of", "customer": {"source_id": "ben"}}
    before = api.post("/v1/events", event).status

    changed = api.put(path, {"unknown_events": "accept", "case_sensitive_codes": False}).body
    api.put(path, {"unknown_events": "accept"})

    entry = AuditEntry.objects.get(project=project, action="project.updated")
    assert (before, changed["unknown_events"], api.post("/v1/events", event).status) == (404, "accept", 200)
    assert (entry.actor_kind, entry.before["unknown_events"], entry.after["unknown_events"]) == (
        "key",
        "reject",
        "accept",
    )
