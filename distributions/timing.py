"""The messages by which the worker learns of what is due, and of what is to go on."""

from collections.abc import Sequence

from distributions.models import Delivery
from outbox.enqueue import Work, enqueue_all
from projects.models import Project

DELIVER = "distribution.deliver"
# The kind of the cause under which a delivery tells the chain of the code that it published.
CAUSE = "distribution"


def enqueue_deliveries(project: Project, deliveries: Sequence[Delivery]) -> None:
    """A message for the due time of each; one statement. A delivery that moves gets another."""
    works = [
        Work({"delivery": str(row.pk)}, f"deliver:{row.pk}:{row.due_at.isoformat()}", row.due_at) for row in deliveries
    ]
    if works:
        enqueue_all(project, DELIVER, works)
