"""Async actions: a long job, its progress, and what came of it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from outbox.actions import MOST_FAILED_KEPT, Progress, RunAction, start_action
from outbox.checks import check_actions
from outbox.handlers import Hopeless
from outbox.models import OutboxMessage
from projects.models import ActionStatus, AsyncAction, OperationStatus
from tests.outbox.jobs import Unfit
from tests.world import NOW


def an_action(project, **payload):
    return start_action(project, type="COUNT", payload=payload, request_id="v-1", now=NOW)


def run(action):
    RunAction().handle({"action": str(action.pk)})


def told(action):
    action.refresh_from_db()
    return {
        "status": action.status,
        "operation_status": action.operation_status,
        "progress": action.progress,
        "done": action.done_count,
        "failed": action.failed,
        "message": action.message,
    }


def test_an_action_waits_with_one_message_for_the_worker(project):
    action = an_action(project, done=2)

    message = OutboxMessage.objects.get()
    assert (message.project, message.topic, message.payload) == (project, "async_action", {"action": str(action.pk)})
    assert (message.dedupe_key, message.available_at) == (f"async_action:{action.pk}", NOW)
    assert told(action) == {
        "status": "ENQUEUED",
        "operation_status": "UNKNOWN",
        "progress": 0,
        "done": 0,
        "failed": [],
        "message": "",
    }


def test_starting_an_action_costs_two_statements(project, django_assert_num_queries):
    with django_assert_num_queries(2):
        an_action(project)


def test_an_unknown_type_is_refused_at_start(project):
    with pytest.raises(ImproperlyConfigured):
        start_action(project, type="NOBODY", payload={}, request_id="", now=NOW)

    assert (AsyncAction.objects.count(), OutboxMessage.objects.count()) == (0, 0)


def test_a_run_counts_what_it_did_and_says_what_it_could_not(project):
    action = an_action(project, done=2, failed=["ada"])

    run(action)

    assert told(action) == {
        "status": "DONE",
        "operation_status": "SUCCESS",
        "progress": 100,
        "done": 2,
        "failed": [{"source_id": "ada", "reason": "No such customer"}],
        "message": "2 done, 1 failed.",
    }
    assert action.processing_milliseconds >= 0


def test_an_operation_of_which_nothing_was_done_has_failed(project):
    action = an_action(project, failed=["ada", "ben"])

    run(action)

    assert (told(action)["status"], action.operation_status, action.failed_count) == ("DONE", "FAILED", 2)


def test_an_action_without_items_is_a_success(project):
    action = an_action(project)

    run(action)

    assert (told(action)["status"], action.operation_status) == ("DONE", "SUCCESS")


def test_a_run_that_raises_leaves_the_action_to_be_tried_again(project):
    action = an_action(project, done=1, raises=True)

    with pytest.raises(Unfit):
        run(action)

    assert told(action) == {
        "status": "IN_PROGRESS",
        "operation_status": "UNKNOWN",
        "progress": 0,
        "done": 0,
        "failed": [],
        "message": "",
    }
    assert action.processing_milliseconds is None


def test_a_second_run_counts_anew(project):
    action = an_action(project, done=2, failed=["ada"])
    AsyncAction.objects.update(
        status=ActionStatus.IN_PROGRESS, done_count=7, failed_count=1, failed=[{"source_id": "ben", "reason": "x"}]
    )

    run(action)

    assert (told(action)["message"], action.done_count, action.failed_count) == ("2 done, 1 failed.", 2, 1)
    assert action.failed == [{"source_id": "ada", "reason": "No such customer"}]


def test_an_action_that_is_done_is_not_run_again(project):
    action = an_action(project, done=2)
    run(action)
    before = told(action), action.finished_at

    run(action)

    assert (told(action), action.finished_at) == before


def test_an_action_whose_type_is_gone_is_hopeless(project, settings):
    action = an_action(project)
    settings.ASYNC_ACTIONS = {}

    with pytest.raises(Hopeless, match="COUNT"):
        run(action)


def test_an_action_that_was_given_up_has_failed_and_may_be_revived(project):
    action = an_action(project)
    payload = {"action": str(action.pk)}

    RunAction().park([payload])
    given_up = told(action)["status"], action.operation_status, action.message
    RunAction().revive([payload])

    assert given_up == (
        "FAILED",
        "FAILED",
        "The action could not be finished. The outbox has the error of its last try.",
    )
    assert told(action)["status"] == "ENQUEUED"
    run(action)
    assert told(action)["status"] == "DONE"


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def at_work(project, clock, **payload):
    action = an_action(project, **payload)
    AsyncAction.objects.update(status=ActionStatus.IN_PROGRESS)
    return action, Progress(action, clock)


def test_progress_is_written_about_once_a_second(project, clock, django_assert_num_queries):
    action, progress = at_work(project, clock)
    progress.total(50)

    with django_assert_num_queries(0):
        progress.done(10)
    clock.now = 1.0
    with django_assert_num_queries(1):
        for _ in range(15):
            progress.done()

    assert (told(action)["progress"], action.done_count) == (22, 11)


def test_progress_is_full_only_at_the_end(project, clock):
    action, progress = at_work(project, clock)
    progress.total(2)
    clock.now = 1.0

    progress.done(5)

    assert (told(action)["progress"], action.status) == (99, "IN_PROGRESS")
    progress.finish(NOW)
    assert (told(action)["progress"], action.status) == (100, "DONE")


def test_many_failures_are_counted_and_the_first_thousand_kept(project, clock):
    action, progress = at_work(project, clock)

    for number in range(MOST_FAILED_KEPT + 1):
        progress.failed(f"customer {number}", "No such customer")
    progress.finish(NOW)

    action.refresh_from_db()
    assert (action.failed_count, len(action.failed), action.failed[-1]["source_id"]) == (1_001, 1_000, "customer 999")


def test_a_reason_that_no_column_can_hold_is_kept_as_far_as_it_goes(project, clock):
    action, progress = at_work(project, clock)

    progress.failed("a\x00b", "\ud800" + "x" * 1_000)
    progress.finish(NOW)

    assert told(action)["failed"] == [{"source_id": "a\ufffdb", "reason": "\ufffd" + "x" * 499}]


def test_a_worker_that_lost_its_claim_writes_nothing_over_what_is_finished(project, clock):
    action, late = at_work(project, clock)
    clock.now = 5.0
    Progress(action, clock).finish(NOW)
    before = told(action)

    late.done(3)
    late.finish(NOW + timedelta(seconds=9))

    assert (told(action), action.finished_at) == (before, NOW)


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("nowhere.at.all", "cannot be imported"),
        ("tests.outbox.jobs.nobody", "cannot be imported"),
        ("tests.outbox.jobs.wrong", "cannot be called"),
        ("tests.outbox.jobs.__doc__", "cannot be called"),
    ],
)
@pytest.mark.parametrize("setting", ["ASYNC_ACTIONS", "GIVEN_UP_ACTIONS"])
def test_a_path_that_runs_no_action_is_an_error_at_start(settings, setting, path, complaint):
    setattr(settings, setting, {"COUNT": "tests.outbox.jobs.count", "B": path})

    found = check_actions()

    assert ([message.id for message in found], complaint in found[0].msg) == (["outbox.E002"], True)


def test_the_words_of_an_action_are_those_of_the_contract():
    assert ActionStatus.values == ["ENQUEUED", "IN_PROGRESS", "DONE", "FAILED"]
    assert OperationStatus.values == ["UNKNOWN", "SUCCESS", "FAILED"]
