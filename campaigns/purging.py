"""Erasing keys from the metadata of campaigns and of their codes."""

from campaigns.models import Campaign, Voucher
from outbox.actions import Progress
from outbox.purging import purge_keys
from projects.models import AsyncAction


def run_campaigns(action: AsyncAction, progress: Progress) -> None:
    """For ASYNC_ACTIONS."""
    purge_keys(Campaign.objects.filter(project=action.project), action.payload["names"], progress)


def run_vouchers(action: AsyncAction, progress: Progress) -> None:
    """For ASYNC_ACTIONS."""
    purge_keys(Voucher.objects.filter(project=action.project), action.payload["names"], progress)
