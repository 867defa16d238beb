"""`manage.py import_events FILE`: events from CSV or JSON lines, each accepted once."""

import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from tqdm import tqdm

from common.jsons import dumps
from events.importing.running import CSV, FORMATS, JSONL, NotImportable, Order, Report, import_file
from projects.reading import find_project

FORMAT_OF_ENDING = {".csv": CSV, ".jsonl": JSONL, ".ndjson": JSONL}
MOST_A_BATCH = 1_000
REJECTED, NOT_IMPORTABLE, INTERRUPTED = 1, 2, 3


class Command(BaseCommand):
    help = (
        "Imports events from CSV or JSON lines. A run that was interrupted goes on where it stopped, and no event is "
        "accepted twice. Exit codes: 1 rows were rejected, 2 the file cannot be imported, 3 the import stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--project", required=True, help="The project's id (proj_…) or slug.")
        parser.add_argument("--format", choices=FORMATS, help="By the file's ending, where it is left out.")
        parser.add_argument("--rejected", type=Path, help="Where rejected rows go; FILE.rejected.jsonl if left out.")
        parser.add_argument("--batch", type=int, default=500, help="Events of one transaction, 1 to 1000.")
        parser.add_argument("--backfill", action="store_true", help="Takes events of any age.")
        parser.add_argument("--dry-run", action="store_true", help="Says what would be rejected, and writes no event.")
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        order = _order(options)
        try:
            with tqdm(total=_size(order.path), unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
                report = import_file(order, advance=bar.update)
        except NotImportable as error:
            raise CommandError(f"{order.path} cannot be imported. {error}", returncode=NOT_IMPORTABLE) from error
        except OSError as error:
            raise CommandError(
                f"{error.filename or order.path}: {error.strerror}", returncode=NOT_IMPORTABLE
            ) from error
        except (OperationalError, InterfaceError, KeyboardInterrupt) as error:
            why = "The database is away" if isinstance(error, Exception) else "Stopped"
            raise CommandError(f"{why}; the same command goes on where it was", returncode=INTERRUPTED) from error
        self._tell(order, report, as_json=options["json"])
        if report.totals.rejected:
            message = f"{report.totals.rejected} rows were rejected: see {order.rejected}"
            raise CommandError(message, returncode=REJECTED)

    def _tell(self, order: Order, report: Report, *, as_json: bool) -> None:
        if as_json:
            rejected = str(order.rejected) if report.totals.rejected else None
            answer = {"file": str(order.path), "sha256": report.sha256, "resumed_at": report.resumed_at}
            self.stdout.write(dumps({**answer, **asdict(report.totals), "rejected_file": rejected}))
            return
        totals = report.totals
        words = "would be accepted" if order.is_dry_run else "accepted"
        self.stdout.write(
            f"{totals.total} rows: {totals.accepted} {words}, {totals.replayed} were here already, "
            f"{totals.rejected} rejected"
        )


def _order(options: dict[str, Any]) -> Order:
    path: Path = options["file"]
    form = options["format"] or FORMAT_OF_ENDING.get(path.suffix.lower())
    if form is None:
        raise CommandError(f"What is {path}? Say --format csv or --format jsonl", returncode=NOT_IMPORTABLE)
    if not 1 <= options["batch"] <= MOST_A_BATCH:
        raise CommandError(f"--batch must be from 1 to {MOST_A_BATCH}", returncode=NOT_IMPORTABLE)
    return Order(
        path=path,
        project=find_project(options["project"]),
        format=form,
        rejected=options["rejected"] or path.with_name(f"{path.name}.rejected.jsonl"),
        batch=options["batch"],
        is_dry_run=options["dry_run"],
        is_backfill=options["backfill"],
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
