"""A proposed version tried on stored events: how many it would have refused, which ones, and by which change."""

from datetime import datetime, timedelta

import pytest

from common.jsons import JsonObject
from events import against
from events.against import Period, preview_against, stored_events
from events.models import Event
from eventschema.models import EventDefinition
from eventschema.previewing import Preview
from eventschema.proposing import proposed_snapshot
from tests.eventschema.schemas import specs_of
from tests.factories import CustomerFactory
from tests.world import NOW, a_definition, accept, an_event

TEXT, NUMBER = {"type": "string"}, {"type": "number"}
REQUIRED = {"optional": False}


@pytest.fixture
def rated(project):
    optional = {"optional": True}
    return a_definition(
        project,
        "rated",
        {"stars": NUMBER | optional, "shop": TEXT | optional, "mail": TEXT | optional | {"personal": True}},
    )


def store(definition: EventDefinition, *metadata: JsonObject, channel: str = "API", first: int = 0) -> list[Event]:
    """Events of the definition, a second apart, the last one the newest."""
    ben = CustomerFactory(project=definition.project)
    events = [
        Event(
            project=definition.project,
            definition=definition,
            version=1,
            name=definition.name,
            customer=ben,
            metadata=item,
            channel=channel,
            group_id="",
            occurred_at=NOW + timedelta(seconds=first + number),
            received_at=NOW,
        )
        for number, item in enumerate(metadata)
    ]
    return Event.objects.bulk_create(events)


def try_out(definition: EventDefinition, properties: JsonObject, unknown: str | None = None, **period: datetime):
    everything = {"stars": NUMBER, "shop": TEXT, "mail": TEXT | {"personal": True}}
    left = {name: item for name, item in (everything | properties).items() if item}
    found, _ = preview_against(definition, proposed_snapshot(definition, specs_of(left), unknown), Period(**period))
    return found


def by_change(found: Preview) -> dict[tuple[str, str], int]:
    return {(item.change.name, str(item.change.kind)): item.rejected for item in found.breakages}


def test_a_newly_required_property_that_41_of_1000_events_lack(rated):
    events = store(rated, *({} if number < 41 else {"stars": 5} for number in range(1_000)))

    found = try_out(rated, {"stars": NUMBER | REQUIRED})

    assert (found.checked, found.would_reject, found.in_words()) == (1_000, 41, "41 of 1,000 (4.1 %)")
    assert by_change(found) == {("stars", "newly_required"): 41}
    # The newest of those that lack it.
    assert [example.event_id for example in found.examples] == [event.pk for event in reversed(events[31:41])]


def test_the_newest_thousand_are_looked_at_and_of_a_period_all(rated):
    store(rated, *({"stars": 5} for _ in range(1_100)), {})

    newest = try_out(rated, {"stars": NUMBER | REQUIRED})
    period = try_out(rated, {"stars": NUMBER | REQUIRED}, before=NOW + timedelta(days=1))

    assert [(found.checked, found.would_reject) for found in (newest, period)] == [(1_000, 1), (1_101, 1)]


def test_a_period_leaves_out_its_bounds(rated):
    store(rated, *({"stars": number} for number in range(5)))

    found = list(stored_events(rated, Period(NOW, NOW + timedelta(seconds=3))))

    assert [event.metadata for event in found] == [{"stars": 2}, {"stars": 1}]


def test_pages_miss_no_event_and_repeat_none_whatever_their_times(rated, monkeypatch):
    monkeypatch.setattr(against, "PAGE", 3)
    keys = [event.pk for event in store(rated, *({} for _ in range(8)))]
    keys += [event.pk for _ in range(7) for event in store(rated, {}, first=4)]

    found = [event.id for event in stored_events(rated, Period())]

    assert (len(found), set(found)) == (15, set(keys))


def test_what_breaks_whom_is_counted_by_change_and_by_door(rated):
    store(rated, {"stars": 5, "shop": "A"}, {"stars": 1}, {"shop": "long name"}, {})
    store(rated, {"stars": 1, "shop": "long name"}, channel="SEGMENT")

    found = try_out(rated, {"stars": NUMBER | {"gte": 3}, "shop": TEXT | REQUIRED | {"max_length": 5}})

    assert by_change(found) == {("stars", "narrowed"): 2, ("shop", "newly_required"): 2, ("shop", "narrowed"): 2}
    assert [dict(item.by_channel) for item in found.breakages] == [
        {"SEGMENT": 1, "API": 1},
        {"API": 2},
        {"API": 1, "SEGMENT": 1},
    ]
    assert (found.checked, found.would_reject) == (5, 4)


def test_retyping_and_removing_are_told_apart(rated):
    store(rated, {"stars": 5}, {"shop": "A"}, {"other": 1})

    found = try_out(rated, {"stars": TEXT, "shop": None}, unknown="reject")

    assert by_change(found) == {("", "unknown_stricter"): 2, ("shop", "removed"): 1, ("stars", "retyped"): 1}


def test_a_removed_property_refuses_nobody_where_undefined_ones_are_kept(rated):
    store(rated, {"shop": "A"})

    found = try_out(rated, {"shop": None})

    assert (by_change(found), found.would_reject) == ({("shop", "removed"): 0}, 0)


def test_a_renamed_property_is_found_under_either_name(rated):
    store(rated, {"shop": "A"}, {"store": "B"})

    found = try_out(rated, {"shop": None, "store": TEXT | REQUIRED | {"aliases": ["shop"]}})

    assert (found.would_reject, by_change(found)) == (0, {("store", "newly_required"): 0})


def test_values_in_lists_and_names_with_brackets_are_told_apart(project):
    optional = {"optional": True}
    tagged = a_definition(project, "tagged", {"tag": TEXT | optional | {"array": True}, "tag[0]": TEXT | optional})
    store(tagged, {"tag": ["short", "much too long"]}, {"tag[0]": "much too long"})
    short = {"max_length": 5}
    proposed = proposed_snapshot(tagged, specs_of({"tag": TEXT | short | {"array": True}, "tag[0]": TEXT | short}))

    found, _ = preview_against(tagged, proposed)

    # The path of the second's error reads like one of the first's elements.
    assert by_change(found) == {("tag", "narrowed"): 2, ("tag[0]", "narrowed"): 1}


def test_widening_breaks_nothing(rated):
    store(rated, {"shop": "A"})

    found = try_out(rated, {"note": TEXT})

    assert (found.breakages, found.would_reject) == ([], 0)


def test_values_of_personal_properties_are_not_in_the_examples(rated):
    store(rated, {"mail": "ada@example.com", "shop": "much too long"})

    found = try_out(rated, {"mail": TEXT | {"max_length": 3}, "shop": TEXT | {"max_length": 3}})

    [example] = found.examples
    assert [(error.message, error.actual) for error in example.errors] == [
        ("mail: must be a string, must have at most 3 characters", "***"),
        (
            "shop: must be a string, must have at most 3 characters (actual value is 'much too long')",
            "much too long",
        ),
    ]


def test_events_of_another_name_or_project_are_left_alone(rated, project, mallorys_project):
    others = a_definition(mallorys_project, "rated", {"stars": NUMBER | {"optional": True}})
    store(others, {})
    a_definition(project, "left")
    accept(project, an_event("left"))

    assert try_out(rated, {"stars": NUMBER | REQUIRED}).checked == 0


@pytest.mark.parametrize(
    ("rejected", "checked", "words"),
    [(0, 10, "0 of 10 (0 %)"), (1, 100_000, "1 of 100,000 (0.1 %)"), (10, 10, "10 of 10 (100 %)")],
)
def test_a_share_is_told_with_one_decimal_and_any_is_more_than_none(rejected: int, checked: int, words: str):
    assert Preview([], checked, rejected).in_words() == words


@pytest.mark.parametrize("count", [1, 50])
def test_a_preview_costs_the_same_for_one_event_and_for_fifty(rated, count, django_assert_num_queries):
    store(rated, *({} for _ in range(count)))
    proposed = proposed_snapshot(rated, specs_of({"stars": NUMBER | REQUIRED}))

    with django_assert_num_queries(3):
        preview_against(rated, proposed)
