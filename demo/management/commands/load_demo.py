"""`manage.py load_demo`."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand

from common.jsons import dumps
from demo.loading import load_demo


class Command(BaseCommand):
    help = "Makes the demo project: definitions, a club, a referral campaign with code NRY-01, some weeks of events."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        project, is_new = load_demo(datetime.now(UTC))
        if options["json"]:
            self.stdout.write(dumps({"id": project.public_id, "name": project.name, "created": is_new}))
        else:
            self.stdout.write(f"{project.name} ({project.public_id}) {'was made' if is_new else 'is there already'}")
