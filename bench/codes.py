"""What the codes section measures, in a process with Django: making codes by the worker's function, and COPY.

Import it only after `django.setup()`.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from bench.worldbuilding import BENCH
from campaigns.creation import CampaignFields, create_campaign
from campaigns.generation import start_generation
from campaigns.models import Campaign, CampaignType
from outbox.actions import RunAction
from projects.audit import COMMAND
from projects.models import Project

OWN = "FROM campaigns_voucher WHERE campaign_id = %s"
TEMPLATE = {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}}


def main(arguments: Sequence[str]) -> list[list[float]]:
    """[seconds to make so many codes, seconds to COPY the same rows], once for each round; arguments: codes, rounds.

    Between the two the rows are deleted and the table is vacuumed, so that both find it and its indexes alike.
    """
    count, rounds = map(int, arguments)
    project = Project.objects.get()
    _round(project, count, "warm-up")
    return [_round(project, count, f"round {number}") for number in range(rounds)]


def _round(project: Project, count: int, name: str) -> list[float]:
    fields = CampaignFields(name=name, campaign_type=CampaignType.DISCOUNT_COUPONS, voucher_template=TEMPLATE)
    campaign = create_campaign(project, fields, by=BENCH)
    action = start_generation(campaign, count, request_id="", now=datetime.now(UTC), by=COMMAND)
    made = _seconds(lambda: RunAction().handle({"action": str(action.pk)}))
    assert campaign.vouchers.count() == count
    rows = _copied_out(campaign)
    _clear(campaign)
    copied = _seconds(lambda: _copy_in(rows))
    assert campaign.vouchers.count() == count
    _clear(campaign)
    return [made, copied]


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _copied_out(campaign: Campaign) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"COPY (SELECT * {OWN}) TO STDOUT", [campaign.pk]) as copy:
        return b"".join(bytes(piece) for piece in copy)


def _copy_in(rows: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY campaigns_voucher FROM STDIN") as copy:
        copy.write(rows)


def _clear(campaign: Campaign) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE {OWN}", [campaign.pk])
        cursor.execute("VACUUM ANALYZE campaigns_voucher")
