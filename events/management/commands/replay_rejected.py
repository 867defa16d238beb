"""`manage.py replay_rejected --project ID`: mends and replays rejected events from the command line."""

import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.jsons import JsonObject, dumps
from common.refusals import Refusal
from events.editing import checked_edits, parse_lines
from events.replay_report import Report
from events.replaying import ReplayRequest, chunks, replay
from events.selecting import TEXTS, Selection
from projects.models import Project
from projects.reading import find_project


class Command(BaseCommand):
    help = (
        "Replays rejected events of a project: each is accepted once, at its original time. Without --event, --cause, "
        "--key and --id all of them. Exits with 1 where some stay rejected."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, help="The project's id (proj_…) or slug.")
        parser.add_argument("--event", help="Only events of this name.")
        parser.add_argument("--cause", help="Only of this cause, as the API groups them.")
        parser.add_argument("--key", help="Only refused with this key, such as not_found.")
        parser.add_argument("--id", action="append", default=[], help="Only this one (rej_…); may be repeated.")
        parser.add_argument("--rename", action="append", default=[], metavar="OLD=NEW", help="May be repeated.")
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="JSON, or else text; may be repeated."
        )
        parser.add_argument("--cast", action="append", default=[], metavar="NAME=TYPE", help="May be repeated.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would come of it, and write nothing.")
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        try:
            request = _request(options)
            request.selection.check(project)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        report = self._replay(project, request, dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(dumps(report.as_json()))
        else:
            self.stdout.write(report.in_words(dry_run=options["dry_run"]))
            self.stdout.writelines(f"{count:>7}  {reason}\n" for reason, count in report.reasons)
        if report.rejected:
            sys.exit(1)

    def _replay(self, project: Project, request: ReplayRequest, *, dry_run: bool) -> Report:
        now = datetime.now(UTC)
        rows = request.selection.rows(project).filter(created_at__lte=now)
        total, report = rows.count(), Report()
        for keys in chunks(rows):
            report.add(replay(project, keys, request.edits, now=datetime.now(UTC), dry_run=dry_run))
            if self.stderr.isatty():
                self.stderr.write(f"\r{report.total} of {total}", ending="" if report.total < total else "\n")
        return report


def _request(options: JsonObject) -> ReplayRequest:
    """Raises Refusal."""
    edits = {name: parse_lines(options[name], name) for name in ("rename", "set", "cast")}
    said = {name: options[name] for name in TEXTS if options[name]}
    if options["id"]:
        return ReplayRequest.parse({"ids": options["id"], "filter": said or None, **edits})
    if said:
        return ReplayRequest.parse({"filter": said, **edits})
    return ReplayRequest(Selection(), checked_edits(edits))
