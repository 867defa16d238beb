"""What changes customers past the chain leaves memberships right, and nobody is told."""

from datetime import timedelta

import pytest
from django.db import connection

from campaigns.deletion import delete_campaign
from customers.models import Customer
from events.models import StoredEffect
from events.partitions import ensure_partitions
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.purging import start_purge
from outbox.actions import RunAction
from projects.creation import change_project
from projects.models import AsyncAction
from segments.due import run_due
from segments.models import Segment
from tests.eventschema.schemas import specs_of
from tests.factories import CustomerFactory
from tests.segments.world import a_segment, fill, history, members
from tests.world import (
    NOW,
    TESTER,
    a_coupon_campaign,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    accept,
    an_event,
)

GOLD = {"metadata.tier": {"conditions": {"$is": "gold"}}}
TIERLESS = {"metadata.tier": {"conditions": {"$is_unknown": ""}}}
POINTS = {"loyalty_points.campaigns.Club.points": {"conditions": {"$more_than_equal": [10]}}}


def work(action):
    """What the worker does with an action, and with the fillings that it asks for."""
    RunAction().handle({"action": str(action.pk)})
    waiting = [segment for segment in Segment.objects.order_by("pk") if segment.initial_sync_status == "IN_PROGRESS"]
    for segment in waiting:
        fill(segment)
    return [segment.name for segment in waiting]


def erase_tiers(project):
    schema = MetadataSchema(project=project, related_object="customer")
    save_nested_schema(schema, specs_of({"tier": {"type": "string", "optional": True}}), by=TESTER, now=NOW)
    purged = schema.properties.get(name="tier")
    return start_purge(schema, purged, by=TESTER, request_id="v-1", now=NOW)


def test_erasing_a_key_fills_the_segments_that_read_it_and_no_others(project, mallorys_project):
    for name, tier in (("ada", "gold"), ("ben", "silver")):
        CustomerFactory(project=project, source_id=name, metadata={"tier": tier})
    CustomerFactory(project=mallorys_project, source_id="mallory", metadata={"tier": "gold"})
    gold, tierless = a_segment(project, GOLD, "Gold"), a_segment(project, TIERLESS, "Tierless")
    changed = a_segment(project, {"updated_at": {"conditions": {"$has_value": ""}}}, "Changed")
    a_segment(project, {"name": {"conditions": {"$is": "Ada"}}}, "Adas")
    hers = a_segment(mallorys_project, GOLD, "Gold")

    filled = work(erase_tiers(project))

    assert filled == ["Gold", "Tierless", "Changed"]
    assert [members(segment) for segment in (gold, tierless, changed)] == [[], ["ada", "ben"], ["ada", "ben"]]
    assert (members(hers), StoredEffect.objects.count()) == (["mallory"], 0)
    assert [row[1:3] for row in history(gold)] == [(True, "fill"), (False, "fill")]


def test_an_erasure_that_is_run_again_fills_again(project):
    CustomerFactory(project=project, source_id="ada", metadata={"tier": "gold"})
    gold = a_segment(project, GOLD, "Gold")
    action = erase_tiers(project)
    # As if the worker had died between the two.
    Customer.objects.update(metadata={})

    assert (work(action), members(gold)) == (["Gold"], [])


def test_points_of_a_programme_that_is_deleted_are_unknown_and_a_new_one_of_its_name_counts_alone(project):
    club = a_loyalty_programme(project, initial_points=50)
    a_published_code(club, "CARD-1", to="ada")
    rich = a_segment(project, POINTS, "Rich")
    assert members(rich) == ["ada"]
    assert work(delete_campaign(a_coupon_campaign(project), force=False, by=TESTER, request_id="v-1", now=NOW)) == []

    filled = work(delete_campaign(club, force=False, by=TESTER, request_id="v-1", now=NOW))

    assert (filled, members(rich)) == (["Rich"], [])
    a_published_code(a_loyalty_programme(project, initial_points=7), "CARD-2", to="ada")
    assert members(rich) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions")
def test_events_that_are_dropped_count_no_more(project):
    a_definition(project, "paid")
    accept(project, an_event("paid"))
    payers = a_segment(project, {"events.paid.count": {"conditions": {"$more_than_equal": [1]}}}, "Payers")

    ensure_partitions(now=NOW + timedelta(days=100), months_ahead=0, retain_months=1)
    payers.refresh_from_db()

    assert (members(payers), members(fill(payers))) == (["ben"], [])


def test_moving_to_another_time_zone_is_heard_of_by_every_process(project):
    a_segment(project, GOLD)
    change_project(project, {"time_zone": "Asia/Tokyo"}, by=TESTER)
    project.refresh_from_db()
    before = project.revision

    run_due(NOW)

    project.refresh_from_db()
    assert project.revision > before
    assert AsyncAction.objects.filter(type="SEGMENTS.FILL").count() == 2
