"""`manage.py ensure_event_partitions`: a partition of the event log for each month, and none for months long gone."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.jsons import dumps
from events.partitions import Dropped, Upkeep, UpkeepProblem, ensure_partitions, has_partitions

MOST_MONTHS = 120


def months(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_MONTHS:
        raise ArgumentTypeError(f"{text!r} is no number of months from 1 to {MOST_MONTHS}")
    return int(text)


class Command(BaseCommand):
    help = "Makes monthly partitions of the event log on PostgreSQL, and drops old ones where asked to. Run it daily."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--months-ahead", type=months, default=3, help="How many coming months are prepared.")
        parser.add_argument(
            "--retain-months",
            type=months,
            help="Drop the events received before the last so many full months. Points, effects and ids stay.",
        )
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        upkeep = self._upkeep(options["months_ahead"], options["retain_months"]) if has_partitions() else Upkeep()
        if options["json"]:
            answer = {"partitioned": has_partitions(), **asdict(upkeep), "moved": upkeep.moved or {}}
            self.stdout.write(dumps(answer))
        elif has_partitions():
            self.stdout.writelines(f"{line}\n" for line in _told(upkeep))
        else:
            self.stdout.write("SQLite keeps the event log in one table: there is nothing to do.")

    def _upkeep(self, months_ahead: int, retain_months: int | None) -> Upkeep:
        try:
            return ensure_partitions(now=datetime.now(UTC), months_ahead=months_ahead, retain_months=retain_months)
        except UpkeepProblem as problem:
            raise CommandError(str(problem)) from problem


def _told(upkeep: Upkeep) -> Iterator[str]:
    moved = upkeep.moved or {}
    for name in upkeep.created:
        yield f"made {name}, {moved[name]} events moved to it" if name in moved else f"made {name}"
    for dropped in upkeep.dropped:
        yield _told_drop(dropped)
    if not upkeep.created and not upkeep.dropped:
        yield "every month has its partition already"


def _told_drop(dropped: Dropped) -> str:
    line = (
        f"dropped {dropped.partition} with {dropped.events} events; "
        f"{dropped.effects_kept} effects and {dropped.ids_kept} senders' ids of them stay"
    )
    lost = f"; {dropped.failures_left} failed reactions on them can no longer be replayed"
    return line + lost if dropped.failures_left else line
