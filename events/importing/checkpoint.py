"""How far an import has come, so that another run can go on there. Losing it costs time, never an event."""

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from common.jsons import InvalidJson, dumps, parse
from events.models import IdempotencyKey
from projects.models import Project


@dataclass(frozen=True, slots=True)
class Task:
    """What is imported: another file, project or way of reading it begins from the start."""

    sha256: str
    project: str
    format: str
    is_backfill: bool
    rejected: str


@dataclass(slots=True)
class Totals:
    total: int = 0
    accepted: int = 0
    replayed: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything before `offset` (bytes) is committed; `line` is the next one's number."""

    task: Task
    offset: int = 0
    line: int = 1
    # Bytes of the file of rejected rows.
    rejected_size: int = 0
    # The id of the last event that was accepted, by which the database is asked whether this is true of it.
    last_id: str = ""
    totals: Totals = field(default_factory=Totals)

    def save(self, path: Path) -> None:
        """Whole or not at all."""
        beside = path.with_name(f"{path.name}.new")
        beside.write_text(dumps(asdict(self)))
        os.replace(beside, path)


def load_checkpoint(path: Path, task: Task, project: Project, rejected: Path) -> Checkpoint | None:
    """The checkpoint, where it is one of this task and what it says is true of database and files."""
    try:
        raw = parse(path.read_bytes())
        found = Checkpoint(**{**raw, "task": Task(**raw["task"]), "totals": Totals(**raw["totals"])})
        is_whole = rejected.stat().st_size >= found.rejected_size
    except (OSError, InvalidJson, TypeError, KeyError):
        return None
    if found.task != task or not is_whole:
        return None
    is_true = IdempotencyKey.objects.filter(project=project, key=found.last_id).exists()
    return found if is_true else None
