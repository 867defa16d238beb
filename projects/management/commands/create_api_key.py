"""`manage.py create_api_key --project ID --kind server|client|management`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.jsons import dumps
from common.refusals import Refusal
from projects.audit import COMMAND
from projects.keys import create_key
from projects.models import KeyKind
from projects.reading import find_project


class Command(BaseCommand):
    help = "Makes an API key. Its token is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, help="The project's id (proj_…) or slug.")
        parser.add_argument("--kind", required=True, choices=KeyKind.values)
        parser.add_argument("--label", default="")
        parser.add_argument("--trusted-domain", action="append", default=[], help="For client keys; may be repeated.")
        parser.add_argument(
            "--rate-limit",
            type=int,
            metavar="N",
            help="Requests a minute; 0 for no limit. Left out, RATE_LIMIT_PER_MINUTE holds.",
        )
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key, token = create_key(
                find_project(options["project"]),
                kind=options["kind"],
                by=COMMAND,
                label=options["label"],
                trusted_domains=options["trusted_domain"],
                rate_limit=options["rate_limit"],
            )
        except Refusal as refusal:
            raise CommandError(refusal.details) from refusal
        answer = {"kind": key.kind, "id": key.key_id, "token": token}
        if options["json"]:
            self.stdout.write(dumps(answer))
        else:
            self.stdout.writelines(f"{name}: {value}\n" for name, value in answer.items())
