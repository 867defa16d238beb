"""`manage.py list_reactions`: what happens when an event comes in, in order."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from common.jsons import dumps


class Command(BaseCommand):
    help = "Lists what reacts to events, in order (settings.EVENT_REACTIONS)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        reactions = [{"path": path, "does": _first_line(import_string(path))} for path in settings.EVENT_REACTIONS]
        if options["json"]:
            self.stdout.write(dumps(reactions))
            return
        for position, reaction in enumerate(reactions, start=1):
            self.stdout.write(f"{position}. {reaction['path']}: {reaction['does']}")


def _first_line(reaction: type) -> str:
    return (reaction.__doc__ or "").strip().partition("\n")[0]
