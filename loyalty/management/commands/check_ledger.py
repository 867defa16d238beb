"""`manage.py check_ledger`: fails, naming each card, where cached balances and entries differ."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from common.jsons import dumps
from loyalty.checking import ledger_problems
from loyalty.models import LedgerEntry, LoyaltyCard


class Command(BaseCommand):
    help = "Compares every card's balance with its ledger entries, and every lot with its uses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        problems = list(ledger_problems())
        counts = {"cards": LoyaltyCard.objects.count(), "entries": LedgerEntry.objects.count()}
        if options["json"]:
            self.stdout.write(dumps({**counts, "problems": problems}))
        else:
            self.stdout.writelines(f"{problem}\n" for problem in problems)
            verdict = f"{len(problems)} problems" if problems else "all add up"
            self.stdout.write(f"{counts['cards']} cards, {counts['entries']} entries: {verdict}")
        if problems:
            sys.exit(1)
