"""What becomes of a message: done, tried again later, parked – and what the others notice of it: nothing."""

from collections import Counter
from datetime import timedelta

import pytest

from outbox.checks import check_handlers
from outbox.claims import CLAIM, claim
from outbox.models import OutboxMessage
from outbox.parking import try_again
from outbox.relay import ALONE_FROM, MOST_ATTEMPTS, Outcome, delay_after, handle, handle_all, handle_due
from outbox.sweeping import KEPT, sweep
from projects.models import AuditEntry
from tests.api.caller import Api
from tests.outbox.jobs import Broken, Note
from tests.outbox.messages import FRESH, a_message, some_messages, state
from tests.world import NOW, TESTER

FAILED = "Unfit: out of order"


def now():
    return NOW


def handle_one(at=NOW):
    """The outcome of the one message that is due."""
    [message] = claim(at, most=1)
    return handle(message, lambda: at)


def tries(message, count):
    """Lets a message be tried so often; the delays between the tries, in seconds."""
    at, delays = NOW, []
    for _ in range(count):
        handle_one(at)
        message.refresh_from_db()
        delays.append((message.available_at - at).total_seconds())
        at = message.available_at
    return delays


def test_a_message_is_handled_with_its_payload_and_done(project):
    message = a_message(project, say="points for Ada")

    outcomes = handle_due(now)

    assert (outcomes, Note.noted) == (Counter({Outcome.DONE: 1}), ["points for Ada"])
    assert state(message) == FRESH | {"attempts": 1, "done_at": NOW}


def test_messages_are_handled_in_order_and_once(project):
    some_messages(project, 3)

    first, second = handle_due(now), handle_due(now)

    assert (first.total(), second.total(), Note.noted) == (3, 0, ["0", "1", "2"])


def test_a_message_that_fails_is_tried_again_later(project):
    message = a_message(project, "broken", say="out of order")

    assert handle_due(now) == Counter({Outcome.RETRIED: 1})

    after = state(message)
    assert timedelta(seconds=4) <= after["available_at"] - NOW <= timedelta(seconds=6)
    assert after == FRESH | {"attempts": 1, "error": FAILED, "available_at": after["available_at"]}


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 5), (2, 15), (3, 45), (4, 135), (5, 405), (6, 1215), (7, 3645), (8, 10_935), (9, 14_400), (10, 14_400)],
)
def test_the_delays_grow_to_four_hours_and_vary_by_a_fifth(attempts, seconds):
    delays = [delay_after(attempts, chance).total_seconds() for chance in (0, 0.5, 1)]

    assert delays == [seconds * 0.8, seconds, seconds * 1.2]


def test_a_message_that_failed_ten_times_is_parked(project):
    message = a_message(project, "broken", say="out of order")

    delays = tries(message, MOST_ATTEMPTS)

    assert [delay >= 4 * 3**place for place, delay in enumerate(delays[:8])] == [True] * 8
    parked = state(message)
    assert parked["dead_at"] == parked["available_at"]
    assert (parked["attempts"], parked["error"], Broken.parked) == (10, FAILED, [{"say": "out of order"}])
    assert claim(NOW + timedelta(days=99), most=9) == []


def test_a_handler_that_cannot_park_keeps_nothing_from_being_parked(project):
    message = a_message(project, "broken", **{"cannot park": True})
    OutboxMessage.objects.update(attempts=MOST_ATTEMPTS - 1)

    assert handle_due(now) == Counter({Outcome.PARKED: 1})
    assert state(message)["dead_at"] == NOW


def test_a_hopeless_message_is_parked_at_once(project):
    message = a_message(project, "hopeless")

    assert handle_due(now) == Counter({Outcome.PARKED: 1})
    assert state(message) == FRESH | {"attempts": 1, "error": "The receiver is gone", "dead_at": NOW}


def test_a_message_without_a_handler_is_parked_and_says_so(project):
    message = a_message(project, "nobody")

    handle_due(now)

    error = "No handler for the topic “nobody” (OUTBOX_HANDLERS)"
    assert state(message) == FRESH | {"attempts": 1, "error": error, "dead_at": NOW}


def test_a_message_at_which_workers_die_is_parked_unhandled(project):
    message = a_message(project)
    at = NOW
    for _ in range(MOST_ATTEMPTS):
        claim(at, most=1)
        at += CLAIM

    assert handle_one(at) == Outcome.PARKED
    assert state(message)["error"] == "The worker ended while it handled this, 10 times"
    assert Note.noted == []


def test_a_poisoned_message_does_not_hold_up_the_others(project):
    a_message(project, "broken")
    a_message(project, "nobody")
    some_messages(project, 3)

    assert handle_due(now) == Counter({Outcome.DONE: 3, Outcome.RETRIED: 1, Outcome.PARKED: 1})
    assert Note.noted == ["0", "1", "2"]


def test_an_error_that_no_column_can_hold_is_kept_as_far_as_it_goes(project, caplog):
    # Nor can what runs the tests hand on a log that holds it.
    caplog.set_level("CRITICAL", "outbox.relay")
    message = a_message(project, "broken")
    broken_says(message, "a\x00b\ud800" + "x" * 5_000)

    assert state(message)["error"] == ("Unfit: a\ufffdb\ufffd" + "x" * 5_000)[:2_000]


def broken_says(message, text):
    [claimed] = claim(NOW, most=1)
    claimed.payload = {"say": text}
    assert handle(claimed, now) == Outcome.RETRIED


def test_who_lost_its_claim_writes_nothing(project):
    message = a_message(project, "broken")
    [lost] = claim(NOW, most=1)
    claim(NOW + CLAIM, most=1)
    before = state(message)

    handle(lost, lambda: NOW + CLAIM)

    assert state(message) == before


@pytest.mark.parametrize(
    ("topic", "outcome", "budget"),
    # Savepoint, row, release of the savepoint besides, where it is parked.
    [("note", Outcome.DONE, 1), ("broken", Outcome.RETRIED, 1), ("nobody", Outcome.PARKED, 3)],
)
def test_writing_down_what_became_of_a_message_costs(project, topic, outcome, budget, django_assert_num_queries):
    a_message(project, topic)
    [message] = claim(NOW, most=1)

    with django_assert_num_queries(budget):
        assert handle(message, now) == outcome


# --- many at once -------------------------------------------------------------------------------------


def test_messages_of_a_topic_that_takes_many_are_handled_together_in_their_order(project):
    some_messages(project, 10, "many")

    assert handle_due(now) == Counter({Outcome.DONE: 10})
    assert Note.noted == [[str(number) for number in range(8)], ["8", "9"]]


def test_each_message_of_a_batch_has_an_outcome_of_its_own(project):
    good, bad, gone = (a_message(project, "many", key=say, say=say) for say in ("good", "bad", "gone"))

    assert handle_due(now) == Counter({Outcome.DONE: 1, Outcome.RETRIED: 1, Outcome.PARKED: 1})

    retried = state(bad)
    assert state(good) == FRESH | {"attempts": 1, "done_at": NOW}
    assert retried == FRESH | {"attempts": 1, "error": FAILED, "available_at": retried["available_at"]}
    assert retried["available_at"] > NOW
    assert state(gone) == FRESH | {"attempts": 1, "error": "The receiver is gone", "dead_at": NOW}


def test_a_handler_that_fails_as_a_whole_fails_each_of_its_messages(project):
    messages = some_messages(project, 3, "torn")

    assert handle_due(now) == Counter({Outcome.RETRIED: 3})
    assert [state(message)["error"] for message in messages] == [FAILED] * 3


def test_a_handler_that_does_not_tell_of_each_message_has_failed(project):
    messages = some_messages(project, 2, "forgetful")

    assert handle_due(now) == Counter({Outcome.RETRIED: 2})
    error = "TypeError: Of 2 messages the handler of forgetful told of 0"
    assert [state(message)["error"] for message in messages] == [error] * 2


def test_a_message_at_which_workers_may_have_died_is_handled_alone(project):
    often = some_messages(project, 4, "many")[2]
    OutboxMessage.objects.filter(pk=often.pk).update(attempts=ALONE_FROM - 1)

    handle_due(now)

    assert Note.noted == [["0", "1", "3"], ["2"]]


def test_who_lost_its_claims_of_a_batch_writes_down_the_others_alone(project):
    lost, kept = some_messages(project, 2, "many")
    messages = claim(NOW, most=2)
    OutboxMessage.objects.filter(pk=lost.pk).update(attempts=2)
    before = state(lost)

    handle_all(messages, now)

    assert (state(lost), state(kept)["done_at"]) == (before, NOW)


@pytest.mark.parametrize(("topic", "outcome"), [("many", Outcome.DONE), ("torn", Outcome.RETRIED)])
@pytest.mark.parametrize("count", [1, 8])
def test_writing_down_what_became_of_a_batch_costs_one_statement(
    project, topic, outcome, count, django_assert_num_queries
):
    some_messages(project, count, topic)
    messages = claim(NOW, most=8)

    with django_assert_num_queries(1):
        assert handle_all(messages, now) == [outcome] * count


# --- trying again -------------------------------------------------------------------------------------


def parked(project, topic="broken", **payload):
    message = a_message(project, topic, **payload)
    OutboxMessage.objects.filter(pk=message.pk).update(dead_at=NOW, attempts=10, last_error=FAILED)
    return message


def test_a_parked_message_may_be_tried_again_from_the_first_try(project):
    message = parked(project, say="hello")
    later = NOW + timedelta(hours=1)

    assert try_again([message], by=TESTER, now=later) == [message]

    assert state(message) == FRESH | {"error": FAILED, "available_at": later}
    assert Broken.revived == [{"say": "hello"}]
    assert len(claim(later, most=9)) == 1


def test_trying_again_leaves_a_line_in_each_projects_audit_log(project, mallorys_project):
    own, other = [parked(project), parked(project)], parked(mallorys_project)

    try_again([*own, other], by=TESTER, now=NOW)

    lines = AuditEntry.objects.filter(action="outbox.tried_again")
    assert {entry.project: entry.after for entry in lines} == {
        project: [f"broken {message.public_id}" for message in own],
        mallorys_project: [f"broken {other.public_id}"],
    }


def test_what_is_not_parked_is_left_alone(project):
    message = a_message(project)

    assert try_again([message], by=TESTER, now=NOW + timedelta(hours=1)) == []
    assert (state(message), AuditEntry.objects.filter(action="outbox.tried_again").count()) == (FRESH, 0)


def test_a_message_that_still_has_no_handler_is_parked_again(project):
    message = parked(project, "nobody")

    try_again([message], by=TESTER, now=NOW)
    handle_due(now)

    assert state(message)["error"] == "No handler for the topic “nobody” (OUTBOX_HANDLERS)"


@pytest.mark.parametrize("count", [1, 50])
def test_trying_again_costs_the_same_for_one_message_and_for_fifty(project, count, django_assert_num_queries):
    messages = [parked(project) for _ in range(count)]

    # Savepoint, rows, messages, three for the audit log, release of the savepoint.
    with django_assert_num_queries(7):
        try_again(messages, by=TESTER, now=NOW)


# --- keeping the table small --------------------------------------------------------------------------


def test_what_is_done_is_kept_for_a_day_and_keeps_its_name_so_long(project):
    message, waiting, dead = a_message(project, key="a"), a_message(project, "broken"), parked(project)
    OutboxMessage.objects.filter(pk=message.pk).update(done_at=NOW)

    early = sweep(NOW + KEPT)
    late = sweep(NOW + KEPT + timedelta(seconds=1))

    assert (early, late) == (0, 1)
    assert set(OutboxMessage.objects.all()) == {waiting, dead}
    assert a_message(project, key="a").pk != message.pk


# --- being late ---------------------------------------------------------------------------------------


def test_messages_that_nobody_takes_for_a_minute_are_overdue(project):
    late = [a_message(project, not_before=NOW - timedelta(seconds=age)) for age in (61, 62)]
    a_message(project, not_before=NOW - timedelta(seconds=60))
    parked(project)

    assert set(OutboxMessage.objects.overdue(NOW)) == set(late)
    claim(NOW, most=1)
    assert OutboxMessage.objects.overdue(NOW).count() == 1
    assert Api({}).get("/readyz").body["overdue_messages"] == 3


# --- paths --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "complaint"),
    [("nowhere.at.all", "cannot be imported"), ("tests.outbox.jobs.count", "is not a Handler")],
)
def test_a_path_that_leads_to_no_handler_is_an_error_at_start(settings, path, complaint):
    settings.OUTBOX_HANDLERS = {"note": "tests.outbox.jobs.Note", "b": path}

    found = check_handlers()

    assert ([message.id for message in found], complaint in found[0].msg) == (["outbox.E001"], True)
