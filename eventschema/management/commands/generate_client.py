"""`manage.py generate_client --project ID --lang python|typescript [--output FILE]`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.refusals import Refusal
from eventschema.clients import LANGUAGES, client_events_of
from projects.reading import find_project


class Command(BaseCommand):
    help = "Writes typed classes of all published events of a project, for those who send them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, help="The project's id (proj_…) or slug.")
        parser.add_argument("--lang", required=True, choices=sorted(LANGUAGES))
        parser.add_argument("--output", type=Path, metavar="FILE", help="Left out, it is printed.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            client = client_events_of(find_project(options["project"]))
        except Refusal as refusal:
            raise CommandError(refusal.details) from refusal
        source = LANGUAGES[options["lang"]](client)
        if options["output"] is None:
            self.stdout.write(source, ending="")
            return
        try:
            options["output"].write_text(source, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}") from error
