"""What codes and their publications say of a person."""

from collections.abc import Sequence

from campaigns.models import Holder, Publication, Voucher
from customers.erasure import PersonalData
from customers.models import Customer
from projects.models import Project


class CodesOfPeople(PersonalData):
    def forget(self, project: Project, customers: Sequence[Customer]) -> None:
        """Three statements. Codes stay with their holder; what was written beside them goes."""
        Publication.objects.filter(project=project, customer__in=customers).update(metadata={})
        Holder.objects.filter(project=project, customer__in=customers).update(metadata={})
        Voucher.objects.filter(project=project, holder__in=customers).update(metadata={}, additional_info="")
