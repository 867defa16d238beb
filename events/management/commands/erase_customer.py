"""`manage.py erase_customer --project ID CUSTOMER`: permanent deletion from the command line."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.ids import uuid7
from common.jsons import dumps
from common.refusals import NotFound
from events.erasure import erase_customer, find_erasable
from projects.audit import COMMAND
from projects.reading import find_project


class Command(BaseCommand):
    help = (
        "Deletes a customer for good: the person's data goes from every table, points and counts stay. "
        "There is no way back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="The customer's id (cust_…), former id or source id.")
        parser.add_argument("--project", required=True, help="The project's id (proj_…) or slug.")
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        try:
            customer = find_erasable(project, options["customer"])
        except NotFound as refusal:
            raise CommandError(str(refusal)) from refusal
        now, group_id = datetime.now(UTC), f"v-{uuid7().hex[:18]}"
        erasure = erase_customer(project, customer, group_id=group_id, now=now, by=COMMAND)
        if options["json"]:
            told = {"id": erasure.public_id, "customer": customer.public_id, "events": erasure.event_count}
            self.stdout.write(dumps(told))
        else:
            self.stdout.write(f"{customer.public_id} is erased, {erasure.event_count} events are anonymous.")
