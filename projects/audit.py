"""The audit log, and the revision that every change of a project's configuration raises."""

import time
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Greatest

from common.jsons import JsonObject, JsonValue
from projects.models import AuditEntry, Project


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in user, an API key, or an operator's command."""

    kind: str  # "user", "key", "command", "worker"
    name: str

    @classmethod
    def user(cls, user: Any) -> "Actor":
        return cls("user", user.get_username())

    @classmethod
    def of(cls, payload: JsonObject) -> "Actor":
        """Who started what the worker does, as `as_json` put it into its payload under "by"."""
        return cls(**payload["by"]) if "by" in payload else cls("worker", "")

    def as_json(self) -> JsonObject:
        return {"kind": self.kind, "name": self.name}


COMMAND = Actor("command", "manage.py")


@dataclass(frozen=True, slots=True)
class Target:
    """What was changed: resource type, public id, and a name that people know."""

    type: str
    id: str
    name: str = ""


def record_change(
    project: Project,
    *,
    by: Actor,
    action: str,
    target: Target,
    before: JsonValue = None,
    after: JsonValue = None,
) -> None:
    """Raise the project's revision and add a line to its audit log (three statements).

    Call it inside the transaction of the change: whoever sees the new revision sees the change.
    """
    raise_revision(project)
    AuditEntry.objects.create(
        project=project,
        actor_kind=by.kind,
        actor=by.name[:200],
        action=action,
        target_type=target.type,
        target_id=target.id,
        target_name=target.name[:300],
        before=before,
        after=after,
    )


def hold_configuration(project: Project) -> None:
    """Until the transaction ends no other change of the project's configuration is recorded.

    For changes that hang on one another: each ends in `record_change`, which waits for this, so that it comes first.
    """
    list(Project.objects.select_for_update(no_key=True).filter(pk=project.pk).values_list("pk"))


def raise_revision(project: Project) -> None:
    """Makes every process compile the project's configuration anew at its next request.

    The revision jumps to the time in nanoseconds: one that a rolled-back transaction had must not come back, since
    what was compiled in that transaction is kept under it.
    """
    risen = Greatest(F("revision") + 1, Value(time.time_ns()))
    Project.objects.filter(pk=project.pk).update(revision=risen)
    project.refresh_from_db(fields=["revision"])
