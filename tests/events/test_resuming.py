"""A reaction that failed on a stored event is run again, for itself alone."""

import pytest

from events.editing import Edits
from events.models import Event, EventVoid, RejectedEvent, StoredEffect
from events.replaying import replay
from events.selecting import open_rows
from tests.events.reactions import Endless, Faulty, FaultyAboutPoints
from tests.events.replays import LATER, counted, replay_all
from tests.world import (
    NOW,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
    balances,
)


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


def test_what_a_reaction_failed_to_settle_is_handed_to_it_again(project, settings):
    settings.EVENT_REACTIONS = ["tests.events.reactions.Endless"]
    Endless.is_broken = True
    a_definition(project, "signed_up")
    (accepted,) = accept(project, an_event())
    Endless.is_broken = False

    assert [kind for _, kind in kinds_of(accepted.event.pk)].count("round.done") == 4
    assert [effect["kind"] for effect in RejectedEvent.objects.get().effects] == ["round.done"]
    assert replay_all(project, Edits()) == {"accepted": 1}
    assert [kind for _, kind in kinds_of(accepted.event.pk)].count("round.done") == 8


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

    with django_assert_num_queries(33):
        replay(project, keys, Edits(), now=LATER)

    assert balances(project) == {f"customer {n}": 20 for n in range(count)}
