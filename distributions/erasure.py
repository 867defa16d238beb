"""What deliveries hold of a person."""

from collections.abc import Sequence

from customers.erasure import PersonalData
from customers.models import Customer
from distributions.models import WAITING, Delivery, DeliveryStatus, EmailOptOut
from projects.models import Project


class DeliveriesOfPeople(PersonalData):
    def forget(self, project: Project, customers: Sequence[Customer]) -> None:
        """Three statements. What waits is cancelled; deliveries stay, without what was sent by which channel."""
        own = Delivery.objects.filter(project=project, customer__in=customers)
        own.filter(status__in=WAITING).update(status=DeliveryStatus.CANCELLED, reason="customer_deleted")
        own.update(outcomes=[], data={})
        EmailOptOut.objects.filter(project=project, customer__in=customers).delete()
