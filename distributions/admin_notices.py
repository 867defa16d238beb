"""What somebody should do something about, above the page of a distribution."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.conf import settings

from campaigns.models import Campaign
from distributions.models import Distribution
from distributions.pool import pool_of
from projects.pages import Cell, Panel


def notices(row: Distribution) -> list[Panel]:
    told: list[list[Cell]] = [[sentence] for sentence in _sentences(row, datetime.now(UTC))]
    return [Panel("Needs you", ["What"], told, is_notice=True)] if told else []


def _sentences(row: Distribution, now: datetime) -> Iterator[str]:
    if row.paused_at:
        yield f"Paused: {row.paused_reason}. What is due waits; switch it on in the list to go on."
    if row.campaign:
        yield from _about_codes(row.campaign, now)
    if row.trigger_campaign and row.trigger_campaign.deleted_at:
        yield f"“{row.trigger_campaign}” is deleted: choose another campaign for what happens, and switch it on."
    if any(one["type"] == "email" for one in row.channels) and "127.0.0.1" in settings.PUBLIC_URL:
        yield "PUBLIC_URL is not set: the links to unsubscribe in e-mails lead nowhere."


def _about_codes(campaign: Campaign, now: datetime) -> Iterator[str]:
    if campaign.deleted_at:
        yield f"“{campaign}” is deleted. Choose another campaign for the codes, and switch it on."
        return
    if not campaign.active:
        yield f"“{campaign}” is switched off: its codes are given all the same, and are worth nothing until it is on."
    elif campaign.expiration_date and campaign.expiration_date <= now:
        yield f"“{campaign}” has ended: its codes are given all the same, and are worth nothing."
    pool = pool_of(campaign, now)
    if pool and pool.is_low:
        yield f"“{campaign}” runs out of codes. {pool.in_words} Add codes on its page."
