"""What time alone brings: each entry and exit once, at the midnight of the project, without any event."""

import threading
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import close_old_connections

from common.jsons import parse
from customers.checks import check_facts
from events.chain import Reaction
from events.models import StoredEffect
from outbox.checks import check_timely_work
from projects.creation import change_project
from rules.clock import Clock
from segments.due import Unworkable, run_due
from segments.models import MembershipChange, Segment
from segments.reading import leaving_soon
from tests.processes import commands, wait_for
from tests.segments.world import a_segment, due, fill, history, members
from tests.world import NOW, TESTER, a_definition, accept, an_event, customer

ONE_MINUTE = timedelta(minutes=1)
NOTHING = {"entered": 0, "left": 0, "judged": 0}
LOST = {"events.paid.last_at": {"conditions": {"$more_than_ago": 30}}}


def in_zone(project, name):
    change_project(project, {"time_zone": name}, by=TESTER)
    project.refresh_from_db()


def paid(project, occurred_at, now=NOW, by="ben"):
    return accept(project, an_event("paid", by=by, occurred_at=occurred_at.isoformat()), now=now)


def effects():
    rows = StoredEffect.objects.filter(kind__startswith="segment.").order_by("id")
    return list(rows.values_list("kind", "cause_kind", "customer__source_id"))


# The clocks of Berlin go back on 25 October 2026, forward on 29 March 2027; those of Cairo skip a midnight.
@pytest.mark.parametrize(
    ("zone", "event_at", "leaves_at"),
    [
        ("UTC", datetime(2026, 10, 30, 12, tzinfo=UTC), datetime(2026, 11, 29, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 30, 23, 30, tzinfo=UTC), datetime(2026, 11, 29, 23, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 2, 12, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 1, 21, 59, tzinfo=UTC), datetime(2026, 10, 30, 23, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 10, 30, 3, 59, tzinfo=UTC), datetime(2026, 11, 28, 5, tzinfo=UTC)),
        ("Africa/Cairo", datetime(2026, 3, 25, 12, tzinfo=UTC), datetime(2026, 4, 23, 22, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 9, 5, 12, tzinfo=UTC), datetime(2026, 10, 5, 11, tzinfo=UTC)),
    ],
)
def test_a_customer_with_one_event_23_days_ago_leaves_within_7_days_once_and_on_the_day(
    project, zone, event_at, leaves_at
):
    a_definition(project, "paid")
    in_zone(project, zone)
    segment = a_segment(project)
    today = Clock(event_at, ZoneInfo(zone)).today + timedelta(days=23)
    now = Clock(event_at, ZoneInfo(zone)).midnight(today) + timedelta(hours=10)
    paid(project, event_at, now=now)

    assert [(row.customer.source_id, row.due_at) for row in leaving_soon(segment, now)] == [("ben", leaves_at)]
    assert list(leaving_soon(segment, now, days=5)) == []
    assert run_due(leaves_at - timedelta(microseconds=1)) == NOTHING
    assert run_due(leaves_at) == {"entered": 0, "left": 1, "judged": 1}
    assert run_due(leaves_at + timedelta(days=400)) == NOTHING
    assert effects() == [("segment.entered", "event", "ben"), ("segment.left", "time", "ben")]
    assert history(segment)[-1] == ("ben", False, "time", leaves_at)


def test_an_event_before_the_day_moves_it(project):
    a_definition(project, "paid")
    segment = a_segment(project)
    paid(project, NOW)
    paid(project, NOW + timedelta(days=29), now=NOW + timedelta(days=29))

    assert run_due(NOW + timedelta(days=31)) == NOTHING
    assert (members(segment), due(segment)["ben"].date()) == (["ben"], date(2027, 1, 20))


def test_somebody_enters_when_nothing_has_happened_for_long(project):
    a_definition(project, "paid")
    segment = a_segment(project, LOST)
    paid(project, NOW)

    assert (members(segment), due(segment)) == ([], {"ben": datetime(2026, 12, 23, tzinfo=UTC)})
    assert run_due(datetime(2026, 12, 23, tzinfo=UTC)) == {"entered": 1, "left": 0, "judged": 1}
    assert (members(segment), due(segment)) == (["ben"], {"ben": None})


def test_after_a_worker_that_was_away_nothing_is_missed(project):
    a_definition(project, "paid")
    # In for one day alone.
    a_segment(project, {"events.paid.last_at": {"conditions": {"$is_days_ago": 3}}})
    paid(project, NOW)

    assert run_due(NOW + timedelta(days=30)) == {"entered": 1, "left": 1, "judged": 1}
    changes = MembershipChange.objects.order_by("changed_at")
    assert list(changes.values_list("has_entered", "changed_at")) == [
        (True, datetime(2026, 11, 25, tzinfo=UTC)),
        (False, datetime(2026, 11, 26, tzinfo=UTC)),
    ]
    assert [kind for kind, _, _ in effects()] == ["segment.entered", "segment.left"]


def test_birthdays_of_next_month_come_in_every_year(project):
    a_definition(project, "paid")
    accept(project, an_event("paid", customer={"source_id": "ben", "birthdate": "1990-01-31"}))
    segment = a_segment(project, {"birthdate": {"conditions": {"$next_month": [True]}}})

    assert run_due(datetime(2028, 12, 1, tzinfo=UTC)) == {"entered": 3, "left": 2, "judged": 1}
    assert (members(segment), due(segment)["ben"]) == (["ben"], datetime(2029, 1, 1, tzinfo=UTC))


def test_another_time_zone_has_other_midnights(project):
    a_definition(project, "paid")
    segment = a_segment(project)
    paid(project, NOW)
    in_zone(project, "Asia/Kolkata")

    run_due(NOW)
    segment.refresh_from_db()
    assert segment.initial_sync_status == "IN_PROGRESS"
    fill(segment)
    assert (due(segment)["ben"], members(segment)) == (datetime(2026, 12, 21, 18, 30, tzinfo=UTC), ["ben"])
    assert run_due(NOW) == NOTHING
    assert Segment.objects.get().action_id == segment.action_id


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_each_change_once(project):
    a_definition(project, "paid")
    a_segment(project)
    accept(project, *[an_event("paid", by=f"customer {n}") for n in range(40)])
    start, counts = threading.Barrier(2), []

    def work():
        try:
            start.wait()
            counts.append(run_due(NOW + timedelta(days=31)))
        finally:
            close_old_connections()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [sum(count[what] for count in counts) for what in ("entered", "left", "judged")] == [0, 40, 40]
    assert StoredEffect.objects.filter(kind="segment.left").count() == 40


@pytest.mark.django_db(transaction=True)
def test_the_worker_does_what_is_due_by_itself(project):
    a_definition(project, "paid")
    segment = a_segment(project)
    paid(project, NOW - timedelta(days=300), now=NOW - timedelta(days=299))

    with commands() as start:
        start("relay_outbox")
        left = wait_for(lambda: members(segment) == [])

    assert (left, effects()) == (True, [("segment.entered", "event", "ben"), ("segment.left", "time", "ben")])


def broken(now):
    raise RuntimeError("out of order")


def test_what_fails_keeps_nothing_else_from_being_done(project, settings):
    a_definition(project, "paid")
    a_segment(project)
    paid(project, NOW - timedelta(days=300), now=NOW - timedelta(days=299))
    settings.TIMELY_WORK = {"broken": f"{__name__}.broken", "segments": settings.TIMELY_WORK["segments"]}
    output = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("run_daily", "--json", stdout=output)

    told = {"segments": {"entered": 0, "left": 1, "judged": 1}, "errors": ["RuntimeError: out of order"]}
    assert (ended.value.code, parse(output.getvalue().encode())) == (1, told)


class RefusesBen(Reaction):
    def react(self, batch):
        if any(customer(batch.project, "ben").pk == effect.customer_id for effect in batch.effects):
            raise RuntimeError("not Ben")
        return ()


def test_whoever_cannot_be_judged_keeps_nobody_else_from_it(project, settings):
    a_definition(project, "paid")
    segment = a_segment(project)
    accept(project, *[an_event("paid", by=name) for name in ("ada", "ben", "cleo")])
    settings.EVENT_REACTIONS = [*settings.EVENT_REACTIONS, f"{__name__}.RefusesBen"]

    with pytest.raises(Unworkable, match="1 customers could not be judged"):
        run_due(NOW + timedelta(days=31))

    assert members(segment) == ["ben"]
    settings.EVENT_REACTIONS = settings.EVENT_REACTIONS[:-1]
    assert run_due(NOW + timedelta(days=31)) == {"entered": 0, "left": 1, "judged": 1}


def test_wrong_paths_are_found_at_start(settings):
    settings.TIMELY_WORK = {"gone": "segments.due.gone", "odd": "segments.due.AT_ONCE", "own": "segments.due.run_due"}
    settings.CUSTOMER_FACTS = ["loyalty.facts.PointsOfProgrammes", "segments.due.run_due"]

    assert [error.id for error in check_timely_work()] == ["outbox.E003", "outbox.E003"]
    assert [error.id for error in check_facts()] == ["customers.E001"]


def test_the_command_does_what_is_due_and_says_so(project, settings):
    settings.TIMELY_WORK = {"segments": settings.TIMELY_WORK["segments"]}
    a_definition(project, "paid")
    a_segment(project)
    # Long enough ago to be due at whatever time this runs.
    paid(project, NOW - timedelta(days=300), now=NOW - timedelta(days=299))

    answers = []
    for _ in range(2):
        output = StringIO()
        call_command("run_daily", "--json", stdout=output)
        answers.append(parse(output.getvalue().encode()))

    assert answers == [
        {"segments": {"entered": 0, "left": 1, "judged": 1}, "errors": []},
        {"segments": NOTHING, "errors": []},
    ]
