"""`manage.py run_demo`: migrates, loads the demo, serves it, and says how to get in."""

import os
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from common.serving import Address, serve, worker_count
from demo.credentials import credentials_path, ensure_credentials
from demo.loading import load_demo

BANNER = """
Boon is ready.

  Admin     {url}/admin/     user {user}   password {password}
  API       {url}/v1         OpenAPI {url}/openapi.json

  Server key        X-App-Id: {server[id]}
                    X-App-Token: {server[token]}
  Management key    X-Management-Id: {management[id]}
                    X-Management-Token: {management[token]}
  Client key        X-Client-Application-Id: {client[id]}
                    X-Client-Token: {client[token]}
  Project           {project}

Send a first event:

  curl {url}/v1/events?expand=effects -H 'Content-Type: application/json' \\
    -H 'X-App-Id: {server[id]}' -H 'X-App-Token: {server[token]}' \\
    -d '{{"event": "signed_up", "referral": {{"code": "NRY-01"}},
         "customer": {{"source_id": "alex@example.com", "name": "Alex Doe"}}}}'

These are kept in {kept}. Stop with Ctrl-C.
"""


class Command(BaseCommand):
    help = "Migrates, loads the demo project, serves it and prints the admin login and the API keys."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))

    def handle(self, *args: Any, **options: Any) -> None:
        address = Address("127.0.0.1", options["port"])
        address.check_free()
        call_command("migrate", verbosity=0, interactive=False)
        now = datetime.now(UTC)
        project, _ = load_demo(now)
        banner = self._banner(address, ensure_credentials(project, now))
        code = serve(address, workers=worker_count(), when_ready=lambda: self.stdout.write(banner))
        sys.exit(0 if code in (0, -15) else 1)

    def _banner(self, address: Address, made: dict[str, Any]) -> str:
        return BANNER.format(url=address.url, kept=credentials_path(), **made, **made["admin"])
