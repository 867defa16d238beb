"""Rejected events are kept, mended and replayed: each once, at the time at which it happened."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from common.ids import uuid7
from common.refusals import NotFound
from customers.models import Customer
from events.editing import Edits
from events.models import Event, EventVoid, IdempotencyKey, RejectedEvent, RejectedTally, StoredEffect
from events.rejected import trim
from events.replaying import CHUNK, Status, chunks, replay
from events.selecting import Selection, open_rows
from loyalty.models import LedgerEntry
from projects.models import Project
from tests.events.reactions import Faulty, FaultyAboutPoints
from tests.factories import ProjectFactory
from tests.threads import at_once
from tests.world import (
    NOW,
    a_definition,
    a_loyalty_programme,
    a_proportional_rule,
    a_published_code,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
    balances,
    send,
)

PAID = {"amount": {"type": "number", "optional": False}}
TO_NUMBER = Edits(cast={"amount": "number"})
LATER = NOW + timedelta(days=2)


@pytest.fixture
def shop(project):
    """A project in which a payment of so much earns so many points."""
    return with_payments(project)


def with_payments(project):
    paid = a_definition(project, "paid", PAID)
    a_proportional_rule(a_loyalty_programme(project), paid, points=1, every="1", of="amount")
    return project


def a_payment(by="ben", amount="12", **parts):
    return an_event("paid", by=by, metadata={"amount": amount}, **parts)


def replay_all(project, edits=TO_NUMBER, *, now=LATER, **options):
    """How many of the open rows came to what."""
    results = [
        result for keys in chunks(open_rows(project)) for result in replay(project, keys, edits, now=now, **options)
    ]
    return counted(results)


def counted(results):
    statuses = [str(result.status) for result in results]
    return {status: statuses.count(status) for status in dict.fromkeys(statuses)}


def test_five_hundred_events_mended_by_one_cast_earn_once_each_at_their_own_time(shop):
    days = [NOW - timedelta(hours=hour) for hour in range(500)]
    send(shop, *(a_payment(f"customer {n:03}", occurred_at=day.isoformat()) for n, day in enumerate(days)))
    keys = list(open_rows(shop).values_list("pk", flat=True))

    first = replay_all(shop)
    second = counted(replay(shop, keys, TO_NUMBER, now=LATER))

    assert (first, second) == ({"accepted": 500}, {"done_before": 500})
    assert sorted(Event.objects.values_list("occurred_at", flat=True)) == sorted(days)
    assert balances(shop) == {f"customer {n:03}": 12 for n in range(500)}
    assert LedgerEntry.objects.count() == 500
    assert not open_rows(shop).exists()


def test_an_event_without_a_time_of_its_own_happened_when_it_was_received(shop):
    send(shop, a_payment())

    replay_all(shop)

    assert Event.objects.get().occurred_at == NOW


def test_an_event_that_has_grown_too_old_for_its_project_is_accepted_still(shop):
    Project.objects.filter(pk=shop.pk).update(max_event_age_days=1)
    send(shop, a_payment(occurred_at=(NOW - timedelta(hours=23)).isoformat()))

    assert replay_all(shop, now=NOW + timedelta(days=20)) == {"accepted": 1}


def test_a_replayed_event_is_marked_with_what_became_of_it_and_leaves_the_list(shop):
    send(shop, a_payment())

    replay_all(shop)

    row = RejectedEvent.objects.get()
    assert (row.replayed_at, row.replayed_as) == (LATER, Event.objects.get().pk)
    assert list(open_rows(shop)) == []


def test_what_is_refused_again_stays_with_its_new_errors(shop):
    send(shop, a_payment(amount="twelve"))
    before = RejectedEvent.objects.get()

    (result,) = replay(shop, [before.pk], TO_NUMBER, now=LATER)

    row = RejectedEvent.objects.get()
    assert (result.status, result.reason) == (Status.REJECTED, "amount: cannot be cast to number")
    assert (row.attempts, row.key, row.cause) == (
        2,
        "metadata_validation_failed",
        "metadata_validation_failed metadata.amount:cast",
    )
    assert row.errors == [
        {
            "path": "metadata.amount",
            "code": "cast",
            "message": "amount: cannot be cast to number (actual value is 'twelve')",
            "actual": "twelve",
        }
    ]
    assert (row.payload, row.created_at, row.replayed_at) == (before.payload, NOW, None)
    assert not Event.objects.exists()


def test_one_that_stays_spoils_no_other(shop):
    send(shop, a_payment("ada", "1"), a_payment("ben", "x"), a_payment("eve", "3"))

    assert replay_all(shop) == {"accepted": 2, "rejected": 1}
    assert balances(shop) == {"ada": 1, "eve": 3}


def test_events_of_an_unknown_name_are_replayed_once_it_is_defined(project):
    send(project, an_event("paid"))

    before = replay_all(project, Edits())
    a_definition(project, "paid")
    after = replay_all(project, Edits())

    assert (before, after) == ({"rejected": 1}, {"accepted": 1})
    assert RejectedEvent.objects.get().cause == "not_found custom_event_schema"


def test_a_code_that_nobody_has_keeps_a_mended_event_rejected(shop):
    send(shop, a_payment(referral={"code": "NOBODYS"}))

    replay_all(shop)

    row = RejectedEvent.objects.get()
    assert (row.cause, row.errors) == (
        "not_found voucher",
        [
            {
                "path": "voucher",
                "code": "not_found",
                "message": "Cannot find voucher with id NOBODYS",
                "actual": "NOBODYS",
            }
        ],
    )


def test_an_event_that_its_sender_sent_again_mended_counts_as_done(shop):
    send(shop, a_payment(id="order-1"))
    (accepted,) = accept(shop, a_payment(id="order-1", amount=15))

    assert replay_all(shop) == {"done_before": 1}
    assert RejectedEvent.objects.get().replayed_as == accepted.event.pk
    assert balances(shop) == {"ben": 15}


def test_an_event_that_was_sent_and_refused_three_times_is_accepted_once(shop):
    for _ in range(3):
        send(shop, a_payment(id="order-1"))

    assert RejectedEvent.objects.count() == 1
    assert replay_all(shop) == {"accepted": 1}
    assert balances(shop) == {"ben": 12}
    assert IdempotencyKey.objects.get().key == "order-1"


def test_a_mended_event_that_is_sent_after_the_replay_changes_nothing(shop):
    send(shop, a_payment(id="order-1"))
    replay_all(shop)

    (again,) = send(shop, a_payment(id="order-1", amount=12))

    assert again.event_id == Event.objects.get().pk
    assert balances(shop) == {"ben": 12}


@pytest.mark.parametrize(("may_earn", "points"), [(False, {}), (True, {"ben": 12})])
def test_an_event_of_a_browser_earns_by_a_replay_what_browsers_may_earn(shop, may_earn, points):
    accept(shop, an_event("paid", metadata={"amount": 0}))
    Project.objects.filter(pk=shop.pk).update(client_loyalty_events_enabled=may_earn)
    send(shop, a_payment())
    RejectedEvent.objects.update(channel="CLIENT_API")

    assert replay_all(shop) == {"accepted": 1}
    assert balances(shop) == points


def test_a_replay_reaches_no_further_than_its_project(shop, mallorys_project):
    send(shop, a_payment())
    key = open_rows(shop).get().pk

    results = replay(mallorys_project, [key], TO_NUMBER, now=LATER)

    assert (counted(results), Event.objects.count()) == ({"done_before": 1}, 0)
    with pytest.raises(NotFound):
        Selection(ids=(key,)).check(mallorys_project)


def test_edits_cannot_make_an_event_larger_than_it_may_be_sent(shop):
    send(shop, an_event("paid", metadata={f"k{n}": 1 for n in range(950)}))

    assert replay_all(shop, Edits(set={"amount": 1, "more": {f"m{n}": 1 for n in range(90)}})) == {"rejected": 1}
    assert RejectedEvent.objects.get().key == "invalid_payload"


def test_a_dry_run_tells_what_would_come_of_it_and_writes_nothing(shop):
    send(shop, *(a_payment(f"customer {n}") for n in range(4)), a_payment(amount="x"), a_payment(id="order-1"))
    accept(shop, a_payment("ada", id="order-1", amount=1))
    before = everything()

    told = replay_all(shop, dry_run=True)

    assert told == {"accepted": 4, "rejected": 1, "done_before": 1}
    assert everything() == before


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Event, RejectedEvent, StoredEffect, Customer, LedgerEntry, IdempotencyKey)
    ]


def test_rows_come_in_chunks_oldest_first(shop):
    keys = sorted(uuid7() for _ in range(CHUNK + 3))
    RejectedEvent.objects.bulk_create(
        RejectedEvent(pk=key, project=shop, name="paid", key="k", cause="c", occurred_at=NOW, created_at=NOW)
        for key in reversed(keys)
    )

    assert list(chunks(open_rows(shop))) == [keys[:CHUNK], keys[CHUNK:]]


@pytest.mark.parametrize("count", [1, 50])
def test_fifty_events_are_replayed_in_as_many_statements_as_one(shop, count, django_assert_num_queries):
    accept(shop, *(a_payment(f"customer {n}", amount=1) for n in range(count)))
    send(shop, *(a_payment(f"customer {n}") for n in range(count)), *(a_payment(amount="x") for n in range(count)))
    keys = list(open_rows(shop).values_list("pk", flat=True))

    with django_assert_num_queries(11 if connection.vendor == "postgresql" else 14):
        replay(shop, keys, TO_NUMBER, now=LATER)


# --- at the same moment ---------------------------------------------------------------------------


def replaying(project):
    def work():
        own = Project.objects.get(pk=project.pk)
        return replay_all(own)

    return work


def test_two_replays_at_once_accept_each_event_once(transactional_db):
    shop = with_payments(ProjectFactory())
    send(shop, *(a_payment(f"customer {n % 7}", id=f"order-{n}" if n % 2 else None) for n in range(60)))

    told = at_once([replaying(shop)] * 4)

    assert sum(part.get("accepted", 0) for part in told) == Event.objects.count() == 60
    assert sum(balances(shop).values()) == 60 * 12


def test_a_replay_and_its_sender_at_once_accept_each_event_once(transactional_db):
    shop = with_payments(ProjectFactory())
    send(shop, *(a_payment(f"customer {n}", id=f"order-{n}") for n in range(40)))

    def sender():
        own = Project.objects.get(pk=shop.pk)
        for n in reversed(range(40)):
            send(own, a_payment(f"customer {n}", id=f"order-{n}", amount=12))

    at_once([replaying(shop), sender, replaying(shop)])

    assert Event.objects.count() == 40
    assert balances(shop) == {f"customer {n}": 12 for n in range(40)}
    assert not open_rows(shop).exists()


class Cut(Exception):
    """Stands for the end of the process."""


def test_a_replay_that_ends_before_its_commit_has_done_nothing(transactional_db):
    shop = with_payments(ProjectFactory())
    send(shop, *(a_payment(f"customer {n}") for n in range(3)))
    before = everything()

    with pytest.raises(Cut):
        cut_short(shop)

    assert everything() == before
    assert replay_all(shop) == {"accepted": 3}


def cut_short(project):
    """A replay whose process ends when everything is written and nothing is committed."""
    with transaction.atomic():
        replay_all(project)
        raise Cut


# --- failed reactions -----------------------------------------------------------------------------


@pytest.fixture
def faulty(settings):
    """A reaction that fails on some events, as the first of all."""
    settings.EVENT_REACTIONS = ["tests.events.reactions.Faulty", *settings.EVENT_REACTIONS]
    Faulty.is_broken = True
    yield Faulty
    Faulty.is_broken = True


def kinds_of(event_id):
    rows = StoredEffect.objects.filter(event_id=event_id).order_by("seq")
    return [(row.seq, row.kind) for row in rows]


def test_a_failed_reaction_is_resumed_for_itself_alone(project, faulty):
    a_rule(a_loyalty_programme(project), a_definition(project, "signed_up"), points=10)
    (accepted,) = accept(project, an_event(metadata={"fails": True}))
    before = kinds_of(accepted.event.pk)

    still = replay_all(project, Edits())
    faulty.is_broken = False
    resumed = replay_all(project, Edits())

    assert (still, resumed) == ({"rejected": 1}, {"accepted": 1})
    assert kinds_of(accepted.event.pk) == [*before, (len(before), "badge.given")]
    assert balances(project) == {"ben": 10}
    row = RejectedEvent.objects.get()
    assert (row.attempts, row.cause) == (2, "reaction_failed tests.events.reactions.Faulty ValueError")


def test_a_reaction_resumed_twice_reacts_once(project, faulty):
    a_definition(project, "signed_up")
    (accepted,) = accept(project, an_event(metadata={"fails": True}))
    key = open_rows(project).get().pk
    faulty.is_broken = False

    results = [replay(project, [key], Edits(), now=LATER) for _ in range(2)]

    assert [counted(part) for part in results] == [{"accepted": 1}, {"done_before": 1}]
    assert [kind for _, kind in kinds_of(accepted.event.pk)] == ["customer.created", "badge.given"]


def test_reactions_that_nobody_got_to_examine_are_resumed_likewise(project, faulty, settings):
    settings.EVENT_REACTIONS = ["tests.events.reactions.Faulty"]
    a_definition(project, "signed_up")
    accept(project, *(an_event(by=f"customer {n}", metadata={"fails": True}) for n in range(80)))
    causes = set(RejectedEvent.objects.values_list("cause", flat=True))
    faulty.is_broken = False

    assert causes == {
        "reaction_failed tests.events.reactions.Faulty ValueError",
        "reaction_failed tests.events.reactions.Faulty unexamined",
    }
    assert set(replay_all(project, Edits())) == {"accepted"}
    assert StoredEffect.objects.filter(kind="badge.given").count() == 80


def test_what_a_resumed_reaction_makes_true_goes_on_through_the_others(project, settings):
    settings.EVENT_REACTIONS = [*settings.EVENT_REACTIONS, "tests.events.reactions.FaultyAboutPoints"]
    FaultyAboutPoints.is_broken = True
    a_rule(a_loyalty_programme(project), a_definition(project, "signed_up"), points=10)
    (accepted,) = accept(project, an_event())
    FaultyAboutPoints.is_broken = False

    assert "points.earned" in [effect["kind"] for effect in RejectedEvent.objects.get().effects]
    assert replay_all(project, Edits()) == {"accepted": 1}
    assert kinds_of(accepted.event.pk)[-1][1] == "points.counted"
    assert balances(project) == {"ben": 10}


def test_a_resumed_conversion_pays_both_sides(project, settings):
    signed_up = a_definition(project, "signed_up")
    club = a_loyalty_programme(project)
    referrals = a_referral_programme(project, signed_up, club=club, referee_points=50, referrer_points=100)
    a_published_code(referrals, "NRY-01", to="ada")
    reactions = settings.EVENT_REACTIONS
    settings.EVENT_REACTIONS = []
    (accepted,) = accept(project, an_event(referral={"code": "NRY-01"}))
    settings.EVENT_REACTIONS = reactions
    a_failure_of("referrals.reactions.ConvertReferrals", accepted.event)

    assert replay_all(project, Edits()) == {"accepted": 1}
    assert balances(project) == {"ada": 100, "ben": 50}


def a_failure_of(path, event, **columns):
    return RejectedEvent.objects.create(
        project=event.project,
        name=event.name,
        key="reaction_failed",
        cause=f"reaction_failed {path} ValueError",
        reaction=path,
        event_id=event.pk,
        occurred_at=event.occurred_at,
        created_at=NOW,
        **columns,
    )


def test_a_resumed_reaction_pays_nothing_for_an_event_that_could_not_earn(project):
    signed_up = a_definition(project, "signed_up")
    (accepted,) = accept(project, an_event())
    a_rule(a_loyalty_programme(project), signed_up, points=10)
    a_failure_of("loyalty.reactions.EarnPoints", accepted.event, may_earn=False)

    assert replay_all(project, Edits()) == {"accepted": 1}
    assert balances(project) == {}


def test_an_event_that_was_taken_back_needs_no_reaction_any_more(project, faulty):
    a_definition(project, "signed_up")
    (accepted,) = accept(project, an_event(metadata={"fails": True}))
    EventVoid.objects.create(event_id=accepted.event.pk, project=project, actor="ada", voided_at=NOW)
    faulty.is_broken = False

    assert replay_all(project, Edits()) == {"accepted": 1}
    assert [kind for _, kind in kinds_of(accepted.event.pk)] == ["customer.created"]


@pytest.mark.parametrize("path", ["loyalty.reactions.EarnPoints", "gone.reactions.Reaction"])
def test_what_cannot_be_helped_stays_with_its_reason(project, path):
    event = Event(project=project, name="signed_up", occurred_at=NOW)
    a_failure_of(path, event)

    assert replay_all(project, Edits()) == {"rejected": 1}
    assert RejectedEvent.objects.get().cause in (
        "not_found event",
        "reaction_failed gone.reactions.Reaction removed",
    )


@pytest.mark.parametrize("count", [1, 50])
def test_fifty_reactions_are_resumed_in_as_many_statements_as_one(project, count, settings, django_assert_num_queries):
    a_rule(a_loyalty_programme(project), a_definition(project, "signed_up"), points=10)
    bodies = [an_event(by=f"customer {n}") for n in range(count)]
    accept(project, *bodies)
    reactions, settings.EVENT_REACTIONS = settings.EVENT_REACTIONS, []
    for accepted in accept(project, *bodies):
        a_failure_of("loyalty.reactions.EarnPoints", accepted.event)
    settings.EVENT_REACTIONS = reactions
    keys = list(open_rows(project).values_list("pk", flat=True))

    with django_assert_num_queries(25):
        replay(project, keys, Edits(), now=LATER)

    assert balances(project) == {f"customer {n}": 20 for n in range(count)}


# --- what is kept, and for how long ---------------------------------------------------------------


def rejected(project, count=1, **columns):
    defaults = {"name": "paid", "key": "k", "cause": "c", "occurred_at": NOW, "created_at": NOW} | columns
    rows = [RejectedEvent(project=project, **defaults) for _ in range(count)]
    return RejectedEvent.objects.bulk_create(rows)


def test_what_is_older_than_thirty_days_is_dropped_and_counted(project, mallorys_project):
    long_ago = NOW - timedelta(days=30, seconds=1)
    rejected(project, 2, created_at=long_ago)
    rejected(project, created_at=long_ago, replayed_at=NOW)
    (young,) = rejected(project, created_at=NOW - timedelta(days=30))
    (other,) = rejected(mallorys_project, created_at=long_ago)

    dropped = trim(project, NOW)

    assert dropped == RejectedTally.objects.get(project=project).dropped_count == 2
    assert set(RejectedEvent.objects.all()) == {young, other}


def test_what_is_beyond_the_cap_is_dropped_oldest_first_and_counted(project):
    rows = rejected(project, 5)

    dropped = [trim(project, NOW, most_kept=3), trim(project, NOW, most_kept=2)]

    assert dropped == [2, 1]
    assert list(RejectedEvent.objects.order_by("pk")) == rows[3:]
    assert RejectedTally.objects.get().dropped_count == 3


def test_keeping_what_is_refused_trims_now_and_then(project, shop):
    rejected(project, 2, created_at=NOW - timedelta(days=31))

    send(shop, a_payment())

    assert RejectedTally.objects.get().dropped_count == 2
    assert RejectedEvent.objects.count() == 1
