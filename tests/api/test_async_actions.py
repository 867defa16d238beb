"""Async actions over the API: what was asked for, how far it is, and what came of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.times import iso
from outbox.actions import start_action
from outbox.relay import handle_due
from projects.models import AsyncAction
from tests.world import NOW


def an_action(project, hours=0, **columns):
    at = NOW + timedelta(hours=hours)
    return AsyncAction.objects.create(
        project=project,
        **{"type": "COUNT", "request_id": "v-1", "created_at": at, "updated_at": at} | columns,
    )


def ids(answer):
    return [item["id"] for item in answer.body["async_actions"]]


def test_an_action_that_waits(api, project):
    action = an_action(project)

    assert api.get(f"/v1/async-actions/{action.public_id}").body == {
        "id": action.public_id,
        "type": "COUNT",
        "status": "ENQUEUED",
        "operation_status": "UNKNOWN",
        "progress": 0,
        "processing_time": None,
        "request_id": "v-1",
        "created_at": "2026-11-22T10:00:00.000Z",
        "updated_at": "2026-11-22T10:00:00.000Z",
        "object": "async_action",
        "result": {"message": None, "done_count": 0, "failed_count": 0, "failed": []},
    }


def test_an_action_that_is_done(api, project):
    failed = [{"source_id": "ada", "reason": "No such customer"}]
    action = an_action(
        project,
        status="DONE",
        operation_status="SUCCESS",
        progress=100,
        done_count=2,
        failed_count=1,
        failed=failed,
        message="2 done, 1 failed.",
        started_at=NOW,
        finished_at=NOW + timedelta(milliseconds=1_217, microseconds=900),
    )

    body = api.get(f"/v1/async-actions/{action.public_id}").body

    assert {name: body[name] for name in ("status", "operation_status", "progress", "processing_time", "result")} == {
        "status": "DONE",
        "operation_status": "SUCCESS",
        "progress": 100,
        "processing_time": 1_217,
        "result": {"message": "2 done, 1 failed.", "done_count": 2, "failed_count": 1, "failed": failed},
    }


def test_a_list_has_the_newest_first_without_results(api, project):
    actions = [an_action(project, hours=hours) for hours in range(3)]

    answer = api.get("/v1/async-actions", limit="2")

    assert ids(answer) == [actions[2].public_id, actions[1].public_id]
    assert {name: value for name, value in answer.body.items() if name != "async_actions"} == {
        "object": "list",
        "data_ref": "async_actions",
        "has_more": True,
    }
    one = api.get(f"/v1/async-actions/{actions[2].public_id}").body
    assert answer.body["async_actions"][0] == {name: value for name, value in one.items() if name != "result"}


@pytest.mark.parametrize(
    ("end_date", "shown"),
    [
        (iso(NOW + timedelta(hours=1)), [0]),
        (iso(NOW + timedelta(hours=1, milliseconds=1)), [1, 0]),
        ("2026-11-22", []),
        ("2026-11-23", [2, 1, 0]),
    ],
)
def test_a_list_may_end_before_a_time(api, project, end_date, shown):
    actions = [an_action(project, hours=hours) for hours in range(3)]

    answer = api.get("/v1/async-actions", end_date=end_date)

    assert (ids(answer), answer.body["has_more"]) == ([actions[place].public_id for place in shown], False)


def test_a_list_names_every_parameter_that_it_cannot_read(api, project):
    answer = api.get("/v1/async-actions", limit="0", end_date="soon")

    assert (answer.status, answer.key, answer.paths) == (400, "invalid_query_params", ["limit", "end_date"])


@pytest.mark.parametrize("action_id", ["aa_0000000000000000000000", "aa_x", "cust_0000000000000000000000", "a\x00b"])
def test_an_id_that_nothing_has_is_not_found(api, project, action_id):
    answer = api.raw("GET", f"/v1/async-actions/{action_id}".replace("\x00", "%00"))

    assert (answer.status, answer.key) == (404, "not_found")


def test_a_list_costs_the_same_for_one_action_and_for_fifty(api, project):
    costs = []
    for more in (1, 49):
        for _ in range(more):
            an_action(project, failed=[{"source_id": "ada", "reason": "x"}])
        api.get("/v1/async-actions")
        with CaptureQueriesContext(connection) as queries:
            assert len(ids(api.get("/v1/async-actions", limit="100"))) in (1, 50)
        costs.append(len(queries))

    # The key, and the actions.
    assert costs == [2, 2]


def test_the_worker_gives_up_on_an_action_and_the_api_says_so(api, project, settings):
    settings.ASYNC_ACTIONS = {"COUNT": "tests.outbox.jobs.count"}
    action = start_action(project, type="COUNT", payload={}, request_id="v-1", now=NOW)
    settings.ASYNC_ACTIONS = {}

    handle_due(lambda: NOW)

    body = api.get(f"/v1/async-actions/{action.public_id}").body
    assert (body["status"], body["operation_status"]) == ("FAILED", "FAILED")
    assert body["result"] == {
        "message": "The action could not be finished. The outbox has the error of its last try.",
        "done_count": 0,
        "failed_count": 0,
        "failed": [],
    }
