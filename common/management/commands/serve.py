"""`manage.py serve`: the web server and the worker with the current settings."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from common.serving import Address, serve, worker_count


class Command(BaseCommand):
    help = "Serves Boon with the current environment until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--workers", type=int, default=0, help="Processes; 0 (the default) suits the database.")
        parser.add_argument("--no-worker", action="store_true", help="Only the web: relay_outbox runs elsewhere.")

    def handle(self, *args: Any, **options: Any) -> None:
        address = Address(options["host"], options["port"])
        workers = options["workers"] or worker_count()
        code = serve(
            address,
            workers=workers,
            when_ready=lambda: self.stdout.write(f"Boon serves {address.url}"),
            with_worker=not options["no_worker"],
        )
        sys.exit(0 if code in (0, -15) else 1)
