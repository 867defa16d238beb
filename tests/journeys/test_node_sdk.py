"""The official SDK for Node, unmodified, with only host and keys set, against a served Boon (shop.mjs asserts)."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from projects.keys import create_key
from tests.node import installed
from tests.world import TESTER, a_definition

pytestmark = pytest.mark.django_db(transaction=True)

NODE = Path(__file__).parents[1] / "voucherify_node"


@pytest.fixture
def run(live_server, grouped, served_project):
    """Runs a part of shop.mjs with a server key of the served project; what it complained about."""
    home = installed(NODE, "Voucherify's SDK for Node")
    shutil.copy(NODE / "shop.mjs", home)
    key, token = create_key(served_project, kind="server", by=TESTER)
    definition = a_definition(served_project, "signed_up", {"source": {"type": "string", "optional": True}})
    environment = os.environ | {"SCHEMA_ID": definition.public_id}

    def run(part):
        command = ["node", "shop.mjs", live_server.url, key.key_id, token, part]
        done = subprocess.run(
            command, cwd=home, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        return done.stderr

    return run


def test_a_shop_is_set_up_and_visited(run):
    assert run("before") == ""
    call_command("relay_outbox", "--until-empty")
    assert run("after") == ""
