"""Erasing keys from the metadata of customers."""

from django.utils import timezone

from customers.models import Customer
from customers.segments import segment_book
from outbox.actions import Progress
from outbox.purging import purge_keys
from projects.models import AsyncAction


def run(action: AsyncAction, progress: Progress) -> None:
    """For ASYNC_ACTIONS. Nobody is told of it, as of a filling; segments follow at its end."""
    names = action.payload["names"]
    purge_keys(Customer.objects.filter(project=action.project), names, progress)
    changed = [*(f"metadata.{name}" for name in names), "updated_at"]
    segment_book().rebuild(action.project, changed, now=timezone.now())
