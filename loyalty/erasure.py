"""What the ledger says of a person: the reasons that somebody wrote for points. The points themselves stay."""

from collections.abc import Sequence

from django.db.models import QuerySet

from customers.erasure import PersonalData
from customers.models import Customer
from loyalty.models import LedgerEntry
from projects.models import Project


class ReasonsForPoints(PersonalData):
    def forget(self, project: Project, customers: Sequence[Customer]) -> None:
        """One statement, and the one change that the ledger knows: PostgreSQL's trigger lets it through."""
        entries = LedgerEntry.objects.filter(project=project, card__customer__in=customers).exclude(reason="")
        keys = entries.values("pk")
        # LedgerEntry's own QuerySet refuses every update.
        QuerySet(LedgerEntry).filter(pk__in=keys).update(reason="")
