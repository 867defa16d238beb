"""Segments are built without any JSON: made, counted, previewed, changed, and their members downloaded."""

import pytest
from django.urls import reverse

from projects.models import Role
from segments.admin_forms import join_rows, rows_of
from segments.catalogue import catalogue_of
from segments.models import Segment
from tests.admin.people import a_member, signed_in
from tests.segments.world import PAID_LATELY, a_segment, fill, members
from tests.world import a_definition, a_loyalty_programme, accept, an_event, customer

ADD = reverse("admin:segments_segment_add")
COUNT = reverse("admin:segments_segment_count")
RICH = {
    "junction": "and",
    "events.paid.count": {
        "conditions": {"$more_than_equal": ["2"]},
        "within_days": 30,
        "where": {"metadata.amount": {"conditions": {"$more_than": ["100"]}}},
    },
    "events.paid.count_2": {"conditions": {"$less_than": ["9"]}},
    "name": {"conditions": {"$starts_with": ["B", "A"], "$has_value": ""}},
    "metadata.shoe size": {"conditions": {"$is": ["42"]}},
}
RICH_ROWS = [
    {
        "field": "events.paid.count",
        "operator": "$more_than_equal",
        "values": "2",
        "within_days": "30",
        "property": "paid\tamount",
        "property_operator": "$more_than",
        "property_values": "100",
    },
    {"field": "events.paid.count", "operator": "$less_than", "values": "9"},
    {"field": "name", "operator": "$starts_with", "values": "B\r\nA"},
    {"field": "name", "operator": "$has_value", "values": ""},
    {"field": "metadata.", "key": "shoe size", "operator": "$is", "values": "42"},
]


@pytest.fixture
def paid(project):
    return a_definition(project, "paid", {"amount": {"type": "number", "optional": True}})


def posted(rows, **fields):
    said = {"rows-TOTAL_FORMS": len(rows), "rows-INITIAL_FORMS": 0, "junction": "and"} | fields
    for place, row in enumerate(rows):
        blank = {"operator": "$is", "property_operator": "$is"}
        said |= {f"rows-{place}-{name}": value for name, value in (blank | row).items()}
    return said


def wrong_of(answer):
    """By row: the fields that have errors."""
    form = answer.context["adminform"].form
    return [sorted(row.errors) for row in form.rows.forms], form.non_field_errors()


def test_conditions_in_rows_become_a_filter(marketer, project, paid):
    answer = marketer.post(ADD, posted(RICH_ROWS, project=project.pk, name="Big spenders", type="auto-update"))

    segment = Segment.objects.get()
    assert (answer.status_code, segment.name, segment.type) == (302, "Big spenders", "auto-update")
    assert segment.filter == RICH
    shown = marketer.get(reverse("admin:segments_segment_change", args=[segment.pk])).content.decode()
    assert "Being filled: 0 %" in shown
    assert "paid: how often is at least 2 within 30 days, where amount is more than 100" in shown


def test_each_mistake_stands_beside_its_row(marketer, project, paid):
    rows = [
        {"field": "name", "operator": "$is", "values": "Ben"},
        {"field": "name", "operator": "$is", "values": "Ada"},
        {"field": "birthdate", "operator": "$before", "values": "soon"},
        {"field": "metadata.", "operator": "$is", "values": "x"},
        {"field": "events.paid.count", "operator": "$more_than", "values": "many", "within_days": "99999"},
    ]

    answer = marketer.post(ADD, posted(rows[:3] + rows[4:], project=project.pk, name="Bad", type="passive"))
    keyless = marketer.post(ADD, posted(rows[3:4], project=project.pk, name="Bad", type="passive"))

    told = ["Some conditions cannot be used as they are."]
    assert wrong_of(answer) == ([[], ["field"], ["values"], ["values", "within_days"]], told)
    assert wrong_of(keyless) == ([["key"]], told)
    nothing = marketer.post(ADD, posted([], project=project.pk, name="Bad", type="passive"))
    assert wrong_of(nothing) == ([], ["Say at least one condition."])
    assert Segment.objects.count() == 0


def test_a_static_segment_is_typed_in(marketer, project, paid):
    accept(project, an_event("paid", by="ben"), an_event("paid", by="ada"))
    names = f"ben\n{customer(project, 'ada').public_id}\n"

    fields = {"project": project.pk, "name": "Friends", "type": "static"}
    refused = marketer.post(ADD, posted([], members="nobody", **fields))
    marketer.post(ADD, posted([], members=names, **fields))

    assert refused.context["adminform"].form.errors["members"] == ["Cannot find customer with id nobody"]
    assert members(Segment.objects.get()) == ["ada", "ben"]


def test_the_count_is_told_while_typing_and_who_would_enter_and_leave_before_saving(marketer, project, paid):
    accept(project, *[an_event("paid", by=name, metadata={"amount": 200}) for name in ("ben", "ben", "ada")])
    accept(project, an_event("paid", customer={"source_id": "cleo", "name": "Cleo"}))
    segment = a_segment(project, {"metadata.vip": {"conditions": {"$is_unknown": ""}}, "junction": "and"})
    twice = [{"field": "events.paid.count", "operator": "$more_than_equal", "values": "2"}]

    fresh = marketer.post(COUNT, posted(twice, project=project.pk)).json()
    edited = marketer.post(COUNT, posted(twice, segment=segment.pk)).json()
    unfinished = marketer.post(COUNT, posted([{"field": "name", "values": ""}, {"field": "x"}], project=project.pk))

    assert fresh == {"count": 1, "enter": None, "leave": None, "entering": [], "leaving": []}
    assert edited == {"count": 1, "enter": 0, "leave": 2, "entering": [], "leaving": ["ada", "Cleo"]}
    assert unfinished.json() == {"message": "The conditions are not complete yet."}
    marketer.post(
        reverse("admin:segments_segment_change", args=[segment.pk]), posted(twice, name="Twice", junction="and")
    )
    segment.refresh_from_db()
    assert (segment.name, segment.initial_sync_status) == ("Twice", "IN_PROGRESS")
    assert members(fill(segment)) == ["ben"]


def test_another_name_alone_leaves_the_filter_as_it_was_sent(marketer, project, paid):
    segment = a_segment(project, PAID_LATELY)
    page = reverse("admin:segments_segment_change", args=[segment.pk])
    rows = marketer.get(page).context["rows"]
    same = [{name: value for name, value in row.initial.items() if value is not None} for row in rows.forms]

    marketer.post(page, posted(same, name="Renamed") | {"rows-INITIAL_FORMS": len(same)})

    segment.refresh_from_db()
    assert (segment.name, segment.filter, segment.initial_sync_status) == ("Renamed", PAID_LATELY, "DONE")


@pytest.mark.parametrize(
    "stored",
    [
        {"events.paid.count": {"conditions": {"$more_than": 1, "$less_than": 5}}},
        {"junction": "or", "name": {"conditions": {"$is": "Ben", "$has_value": ""}}},
        {"events.paid.count": {"conditions": {"$is": 1}, "where": {"metadata.a": {}, "metadata.b": {}}}},
        # What is gone, or was never defined, cannot be chosen.
        {"events.paid.count": {"conditions": {"$is": 1}, "where": {"metadata.a": {"conditions": {"$is": 1}}}}},
        {"loyalty_points.campaigns.Gone.points": {"conditions": {"$is": 1}}},
    ],
)
def test_what_rows_cannot_say_is_left_to_the_api(project, paid, stored):
    assert rows_of(stored, catalogue_of(project)) is None


API_MADE = {"metadata.tier": {"conditions": {"$is": "gold"}}, "name": {"conditions": {"$has_value": ""}}}


@pytest.mark.parametrize(
    ("stored", "kept"),
    [
        (API_MADE, API_MADE),
        (
            {"events.order.count": {"conditions": {"$is": 1}, "where": {"metadata.sum": {"conditions": {"$is": 5}}}}},
            {
                "junction": "and",
                "events.order.count": {
                    "conditions": {"$is": ["1"]},
                    "where": {"metadata.total": {"conditions": {"$is": ["5"]}}},
                },
            },
        ),
    ],
)
def test_nothing_of_a_filter_made_over_the_api_is_lost_by_editing_it(marketer, project, stored, kept):
    a_definition(project, "order", {"total": {"type": "number", "optional": True, "aliases": ["sum"]}})
    segment = a_segment(project, stored)
    page = reverse("admin:segments_segment_change", args=[segment.pk])
    rows = marketer.get(page).context["rows"].forms
    # A browser sends what its lists offer, and nothing in the place of anything else.
    shown = [{name: sent_by(row, name) for name in row.fields if name != "DELETE"} for row in rows]

    marketer.post(page, posted(shown, name="Renamed") | {"rows-INITIAL_FORMS": len(shown)})

    segment.refresh_from_db()
    assert (segment.name, segment.filter) == ("Renamed", kept)


def sent_by(row, name):
    value = "" if row[name].value() is None else row[name].value()
    offered = getattr(row.fields[name], "choices", None)
    keys = [key for part, inner in offered or () for key in ([part] if isinstance(inner, str) else dict(inner))]
    return value if offered is None or value in keys else keys[0]


def test_a_new_segment_has_a_filter_at_first_and_its_conditions_are_told_in_words(marketer, project, paid):
    a_loyalty_programme(project, "Club")
    points = {"loyalty_points.campaigns.Club.points": {"conditions": {"$more_than": [5]}}}
    asked = RICH | points | {"address.line_1": {"conditions": {"$has_value": ""}}}
    segment = a_segment(project, asked, kind="passive")

    new = marketer.get(ADD).context["adminform"].form
    page = marketer.get(reverse("admin:segments_segment_change", args=[segment.pk])).content.decode()

    assert new["type"].value() == "passive"
    for words in (
        "paid: how often is at least 2 within 30 days, where amount is more than 100",
        "Points of Club is more than 5",
        "Line 1 is known",
        "metadata.shoe size is 42",
    ):
        assert words in page


def test_rows_about_one_event_are_told_apart():
    parts = [("events.paid.count", "$is", {"conditions": {"$is": [number]}}) for number in range(10)]

    built, named = join_rows(parts, "or")

    assert named == [
        "events.paid.count", *(f"events.paid.count_{number}" for number in range(2, 10)), None
    ]  # fmt: skip
    assert built["events.paid.count_9"] == {"conditions": {"$is": [8]}}


def test_members_are_downloaded_without_formulas(marketer, project, paid):
    accept(project, an_event("paid", customer={"source_id": "ben", "name": "=1+1", "email": "ben@example.com"}))
    segment = a_segment(project)

    answer = marketer.get(reverse("admin:segments_segment_members", args=[segment.pk]))

    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0] == "id,source_id,name,email,entered_at,leaves_at"
    assert lines[1].split(",")[1:4] == ["ben", "'=1+1", "ben@example.com"]
    assert lines[1].endswith(",2026-12-22 00:00:00 UTC")


def test_mallory_counts_and_downloads_nothing_of_ours(project, mallorys_project, paid):
    segment = a_segment(project)
    mallory = signed_in(a_member(mallorys_project, Role.ADMIN))

    answers = [
        mallory.post(COUNT, posted([], project=project.pk)),
        mallory.post(COUNT, posted([], segment=segment.pk)),
        mallory.get(reverse("admin:segments_segment_members", args=[segment.pk])),
        mallory.get(reverse("admin:segments_segment_catalogue"), {"project": project.pk}),
        signed_in(a_member(project, Role.VIEWER)).post(COUNT, posted([], project=project.pk)),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
