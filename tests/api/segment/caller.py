"""Calling the Segment door without an SDK."""

import base64
import gzip
from typing import Any

from common.jsons import dumps
from events.models import RejectedEvent
from projects.keys import create_key
from projects.models import Project
from tests.api.caller import Answer, Api
from tests.world import TESTER

DONE = {"success": True}


def basic(user_name: str, password: str = "") -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user_name}:{password}'.encode()).decode()}"}


def door_of(project: Project) -> Api:
    """The API as an SDK with the token of a server key calls it."""
    return Api(basic(create_key(project, kind="server", by=TESTER)[1]))


def zipped(door: Api, path: str, body: Any) -> Answer:
    return door.raw("POST", path, gzip.compress(dumps(body).encode()), headers={"Content-Encoding": "gzip"})


def track(user="ben", event="paid", **parts):
    return {"type": "track", "userId": user, "event": event, **parts}


def identify(user="ben", **traits):
    return {"type": "identify", "userId": user, "traits": traits}


def send(door, *messages, **shared):
    answer = door.post("/v1/batch", {"batch": list(messages), "sentAt": "2026-11-22T10:00:00Z", **shared})
    assert (answer.status, answer.body) == (200, DONE)


def rejected():
    rows = RejectedEvent.objects.order_by("pk")
    return [(row.name, row.cause, row.source_id) for row in rows]
