"""`manage.py create_project NAME`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.jsons import dumps
from common.refusals import Refusal
from projects.audit import COMMAND
from projects.creation import create_project


class Command(BaseCommand):
    help = "Makes a project and answers its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--time-zone", default="UTC", help="Of the IANA list, such as Europe/Berlin.")
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            project = create_project(options["name"], by=COMMAND, time_zone=options["time_zone"])
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        answer = {"id": project.public_id, "name": project.name}
        self.stdout.write(dumps(answer) if options["json"] else f"{project.public_id}  {project.name}")
