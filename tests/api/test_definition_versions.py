"""`versions` and `preview` of an event definition, and changing one that is in use."""

import pytest

from eventschema.drafting import save_draft
from eventschema.models import EventDefinition
from tests.world import NOW, TESTER, a_loyalty_programme, a_proportional_rule, accept, an_event

TEXT = {"type": "string", "optional": True}
NUMBER = {"type": "number", "optional": True}


@pytest.fixture
def path(project):
    return f"/management/v1/projects/{project.public_id}/custom-event-schemas"


@pytest.fixture
def rated(api, path):
    """The path of an event with a text and a number."""
    made = api.post(path, {"name": "rated", "schema": {"properties": {"shop": TEXT, "stars": NUMBER}}}).body
    return f"{path}/{made['id']}"


def put(api, rated, properties, **parts):
    return api.put(rated, {"schema": {"properties": properties}} | parts)


def try_out(api, rated, properties, **parts):
    return api.post(f"{rated}/preview", {"schema": {"properties": properties}} | parts)


def test_every_version_is_listed_newest_first_with_what_changed(api, rated):
    put(api, rated, {"shop": TEXT | {"optional": False}})
    put(api, rated, {"note": TEXT})

    body = api.get(f"{rated}/versions").body

    assert (body["object"], body["data_ref"], body["total"]) == ("list", "data", 3)
    assert [(item["version"], item["object"]) for item in body["data"]] == [
        (3, "custom-event-schema-version"),
        (2, "custom-event-schema-version"),
        (1, "custom-event-schema-version"),
    ]
    assert [item["changes"] for item in body["data"]] == [
        [{"property": "note", "change": "added", "details": "“note” is new (String).", "breaking": False}],
        [{"property": "shop", "change": "newly_required", "details": "“shop” is required.", "breaking": True}],
        [],
    ]
    assert body["data"][2]["schema"]["properties"] == {"shop": TEXT, "stars": NUMBER}


def test_a_draft_has_no_version_and_a_proposal_for_it_breaks_nothing(api, project, path):
    draft = save_draft(EventDefinition(project=project, name="left_review"), [], by=TESTER, now=NOW)

    versions = api.get(f"{path}/{draft.public_id}/versions").body
    tried = try_out(api, f"{path}/{draft.public_id}", {"stars": NUMBER}).body

    assert (versions["data"], versions["total"], tried["checked"], tried["breaking"]) == ([], 0, 0, [])


def test_a_preview_counts_what_the_whole_proposed_schema_would_refuse(api, project, rated):
    stored = accept(project, *(an_event("rated", metadata={"stars": 5, "shop": "A"} if n else {}) for n in range(4)))

    body = try_out(api, rated, {"stars": NUMBER | {"optional": False}}).body

    assert body["examples"] == [
        {
            "id": stored[0].event.public_id,
            "errors": [
                {
                    "path": "metadata.stars",
                    "code": "required",
                    "message": "stars: must be a number, property is required (actual value is 'undefined')",
                    "actual": None,
                }
            ],
        }
    ]
    assert (body["checked"], body["would_reject"], body["percentage"], body["used_by"]) == (4, 1, 25, [])
    assert [(item["property"], item["change"], item["would_reject"]) for item in body["breaking"]] == [
        ("shop", "removed", 0),
        ("stars", "newly_required", 1),
    ]
    assert body["breaking"][1]["by_channel"] == {"API": 1}


def test_a_preview_writes_nothing(api, project, rated, count_rows):
    accept(project, an_event("rated", metadata={"stars": 5}))
    before = count_rows()

    try_out(api, rated, {"stars": TEXT})

    assert count_rows() == before
    assert api.get(rated).body["version"] == 1


def test_a_preview_looks_at_a_period(api, project, rated):
    times = ["2026-11-20T10:00:00Z", "2026-11-21T10:00:00Z", "2026-11-22T09:00:00Z"]
    accept(project, *(an_event("rated", occurred_at=time) for time in times))
    need = {"shop": TEXT, "stars": NUMBER | {"optional": False}}

    counts = [
        try_out(api, rated, need, occurred_at=period).body["checked"]
        for period in ({"after": times[0]}, {"before": times[1]}, {"after": times[0], "before": times[2]}, None)
    ]

    assert counts == [2, 1, 1, 3]


def test_a_preview_says_who_uses_the_event_and_which_property(api, project, rated):
    club = a_loyalty_programme(project)
    definition = project.event_definitions.get()
    rule = a_proportional_rule(club, definition, points=1, every="1", of="stars", banner="Stars")

    body = try_out(api, rated, {"shop": TEXT, "stars": NUMBER}).body

    assert body["used_by"] == [{"id": rule.public_id, "name": "earning rule 'Stars'", "property": "stars"}]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["schema"]),
        ({"schema": {"properties": {"a.b": TEXT}}, "unknown": "maybe"}, ["unknown", "schema.properties.a.b"]),
        ({"schema": {"properties": {}}, "occurred_at": {"after": "never"}}, ["occurred_at.after"]),
        ({"schema": {"properties": {"a": TEXT | {"deprecated": "soon"}}}}, ["schema.properties.a.deprecated"]),
        ({"schema": {"properties": {"a": TEXT, "b": TEXT | {"aliases": ["a"]}}}}, ["schema.properties.b"]),
    ],
)
def test_a_proposal_that_cannot_be_is_refused_with_every_reason(api, rated, body, paths):
    answer = api.post(f"{rated}/preview", body)

    assert (answer.status, sorted(answer.paths)) == (400, sorted(paths))


def test_a_rename_keeps_what_was_sent_under_the_old_name(api, rated):
    sent = {"store": TEXT | {"aliases": ["shop"]}, "shop": TEXT | {"deleted": True}}

    renamed = put(api, rated, sent).body
    again = put(api, rated, sent).body

    assert renamed["schema"]["properties"] == {"store": TEXT | {"aliases": ["shop"]}, "stars": NUMBER}
    assert (renamed["version"], again["version"]) == (2, 2)
    assert [item["change"] for item in api.get(f"{rated}/versions").body["data"][0]["changes"]] == ["renamed"]


def test_a_former_name_is_never_another_propertys(api, rated):
    put(api, rated, {"store": TEXT | {"aliases": ["shop"]}, "shop": TEXT | {"deleted": True}})
    put(api, rated, {"store": TEXT | {"deleted": True}})

    answer = put(api, rated, {"shop": NUMBER})

    assert (answer.status, answer.paths) == (400, ["schema.properties.shop"])
    assert answer.body["details"] == "'shop' is a former name of 'store' and is never used for another property"


@pytest.mark.parametrize("change", [{"deleted": True}, {"type": "string"}, {"array": True}])
def test_a_property_that_a_rule_reads_is_not_removed_or_retyped(api, project, rated, change):
    a_proportional_rule(
        a_loyalty_programme(project), project.event_definitions.get(), points=1, every="1", of="stars", banner="Stars"
    )

    answer = put(api, rated, {"stars": NUMBER | change})

    assert (answer.status, answer.key) == (400, "resource_in_use")
    assert answer.body["details"] == (
        "Property 'stars' of 'rated' cannot be removed or retyped: in use by earning rule 'Stars'"
    )
    assert api.get(rated).body["version"] == 1


def test_a_definition_and_a_property_are_deprecated_with_a_date(api, rated):
    changed = put(api, rated, {"shop": TEXT | {"deprecated": "2027-01-31"}}, deprecated_on="2027-03-01").body
    tracked = api.post("/v1/events", {"event": "rated", "customer": {"source_id": "ben"}, "metadata": {"shop": "A"}})

    assert (changed["status"], changed["deprecated_on"]) == ("deprecated", "2027-03-01")
    assert changed["schema"]["properties"]["shop"] == TEXT | {"deprecated": "2027-01-31"}
    assert tracked.status == 200

    back = put(api, rated, {}, status="active").body
    assert (back["status"], "deprecated_on" in back) == ("active", False)


def test_a_status_and_a_day_that_contradict_each_other_are_refused(api, rated):
    answer = put(api, rated, {}, status="active", deprecated_on="2027-03-01")

    assert (answer.status, answer.paths) == (400, ["deprecated_on"])
