"""A worker that is killed while it makes codes: the next one makes the rest, no more and no fewer."""

import os
import subprocess
import sys

from bench.processes import ROOT
from campaigns.generation import start_generation
from outbox.actions import RunAction
from tests.factories import ProjectFactory
from tests.processes import database_url, wait_for
from tests.world import NOW, TESTER, a_coupon_campaign

COUNT = 30_000


def test_codes_are_as_many_as_asked_for_after_a_kill(transactional_db):
    sale = a_coupon_campaign(ProjectFactory(), code_config={"pattern": "S-########"})
    action = start_generation(sale, COUNT, request_id="v-1", now=NOW, by=TESTER)
    command = [sys.executable, "manage.py", "relay_outbox", "--until-empty"]

    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": database_url()})
    try:
        wait_for(lambda: sale.vouchers.exists() or process.poll() is not None, seconds=180)
    finally:
        process.kill()
        process.wait()
    first = sale.vouchers.count()
    RunAction().handle({"action": str(action.pk)})

    action.refresh_from_db()
    assert 0 < first < COUNT
    assert (sale.vouchers.count(), action.done_count, action.failed_count) == (COUNT, COUNT, 0)
