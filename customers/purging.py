"""Erasing keys from the metadata of customers."""

from customers.models import Customer
from outbox.actions import Progress
from outbox.purging import purge_keys
from projects.models import AsyncAction


def run(action: AsyncAction, progress: Progress) -> None:
    """For ASYNC_ACTIONS."""
    purge_keys(Customer.objects.filter(project=action.project), action.payload["names"], progress)
