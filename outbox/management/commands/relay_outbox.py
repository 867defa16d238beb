"""`manage.py relay_outbox`: the worker, or what hands its work on to Celery's."""

import signal
from argparse import ArgumentParser
from collections import Counter
from typing import Any, Protocol

from django.conf import settings
from django.core.management.base import BaseCommand

from common.jsons import dumps
from outbox.relay import Outcome, handle_due
from outbox.worker import Worker


class Command(BaseCommand):
    help = (
        "Handles the outbox: what waits for the worker. Runs until SIGTERM or SIGINT. Where CELERY_BROKER_URL is set, "
        "it hands the messages on to Celery's workers (celery -A config worker)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        until = parser.add_mutually_exclusive_group()
        until.add_argument("--once", action="store_true", help="End after one message.")
        until.add_argument("--until-empty", action="store_true", help="End when nothing is due any more.")
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        ends_by_itself = options["once"] or options["until_empty"]
        outcomes = handle_due(most=1 if options["once"] else None) if ends_by_itself else _work_until_signal()
        counts = {str(outcome): outcomes[outcome] for outcome in Outcome}
        if options["json"]:
            self.stdout.write(dumps(counts))
        elif ends_by_itself:
            self.stdout.write(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))


def _work_until_signal() -> Counter[Outcome]:
    worker = _worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, worker.stop)
    worker.run()
    return worker.outcomes


class _Runs(Protocol):
    outcomes: Counter[Outcome]

    def run(self) -> None: ...

    def stop(self, *signalled: object) -> None: ...


def _worker() -> _Runs:
    """Who handles messages here, or hands them on to Celery's workers, where there is a broker."""
    if not settings.CELERY_BROKER_URL:
        return Worker()
    from outbox.dispatching import Dispatcher  # Celery is loaded only where it is used

    return Dispatcher()
