"""`manage.py run_daily`: does what time alone brings, without waiting for the worker."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from common.jsons import JsonObject, dumps
from outbox.timely import run_timely


class Command(BaseCommand):
    help = (
        "Does what time alone brings: customers who enter or leave segments as days pass. The worker does the same "
        "every minute; running both, or this one twice, does nothing twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        done: JsonObject = {}
        failed: list[str] = []
        try:
            for name, counts in run_timely(timezone.now()):
                done[name] = counts
        except ExceptionGroup as group:
            failed = [f"{type(error).__name__}: {error}" for error in group.exceptions]
        if options["json"]:
            self.stdout.write(dumps({**done, "errors": failed}))
        else:
            for name, counts in done.items():
                self.stdout.write(f"{name}: {', '.join(f'{count} {what}' for what, count in counts.items())}")
            self.stderr.writelines(f"{problem}\n" for problem in failed)
        if failed:
            sys.exit(1)
