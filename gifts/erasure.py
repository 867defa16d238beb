"""What the journal of gift cards says of a person: the reasons that somebody wrote for credits. The credits stay."""

from collections.abc import Sequence

from django.db.models import QuerySet

from customers.erasure import PersonalData
from customers.models import Customer
from gifts.models import GiftEntry
from projects.models import Project


class ReasonsForCredits(PersonalData):
    def forget(self, project: Project, customers: Sequence[Customer]) -> None:
        """One statement, and the one change that the journal knows: PostgreSQL's trigger lets it through."""
        entries = GiftEntry.objects.filter(project=project, card__voucher__holder__in=customers).exclude(reason="")
        # GiftEntry's own QuerySet refuses every update.
        QuerySet(GiftEntry).filter(pk__in=entries.values("pk")).update(reason="")
