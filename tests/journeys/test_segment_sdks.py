"""Segment's SDKs for Python and Node, unmodified, with only host and write key set, against a served Boon."""

import shutil
import subprocess
from pathlib import Path

import pytest
from segment.analytics.client import Client

from customers.models import Customer
from events.models import Event, RejectedEvent
from projects.keys import create_key
from tests.journeys.unreliable import unreliable
from tests.node import installed
from tests.world import (
    TESTER,
    a_definition,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    a_rule,
    balances,
)

pytestmark = pytest.mark.django_db(transaction=True)

NODE = Path(__file__).parent / "segment_node"


@pytest.fixture
def token(served_project):
    """Of a server key of a shop where `paid` pays a point, and converts Ada's code for 50."""
    paid = a_definition(served_project, "paid", {"amount": {"type": "number", "optional": True}})
    club = a_loyalty_programme(served_project)
    a_rule(club, paid, points=1)
    a_published_code(a_referral_programme(served_project, paid, club=club, referee_points=50), "NRY-01", to="ada")
    return create_key(served_project, kind="server", by=TESTER)[1]


def amounts():
    return sorted(event.metadata["amount"] for event in Event.objects.filter(name="paid"))


@pytest.mark.parametrize("is_zipped", [False, True])
def test_python_delivers_each_call_at_once(live_server, grouped, served_project, token, is_zipped):
    client = Client(token, host=live_server.url, sync_mode=True, gzip=is_zipped)

    client.identify("ben", {"name": "Ben", "plan": "gold"})
    client.track("ben", "paid", {"amount": 12.5}, integrations={"Boon": {"referral": {"code": "NRY-01"}}})
    client.page("ben", "Home")
    client.screen("ben", "Home")
    client.group("ben", "club")
    client.alias("a-1", "ben")
    client.track(anonymous_id="a-1", event="unheard of")

    ben = Customer.objects.get(source_id="ben")
    assert (ben.name, ben.metadata) == ("Ben", {"plan": "gold"})
    assert (amounts(), balances(served_project)) == ([12.5], {"ben": 51})
    assert [(row.name, row.cause) for row in RejectedEvent.objects.all()] == [
        ("unheard of", "not_found custom_event_schema")
    ]


@pytest.mark.parametrize("is_zipped", [False, True])
def test_python_delivers_what_it_has_collected(live_server, grouped, served_project, token, is_zipped):
    lost = []
    client = Client(token, host=live_server.url, gzip=is_zipped, on_error=lambda error, items: lost.append(error))

    for number in range(250):
        client.track("ben", "paid", {"amount": number})
    client.shutdown()

    assert (lost, amounts(), balances(served_project)) == ([], list(range(250)), {"ben": 250})


@pytest.mark.parametrize("fault", ["500", "503", "cut"])
def test_python_sends_again_what_was_not_answered_and_nothing_happens_twice(
    live_server, grouped, served_project, token, fault
):
    with unreliable(live_server.url, [fault]) as (host, statuses):
        client = Client(token, host=host, upload_size=20)
        for number in range(20):
            client.track("ben", "paid", {"amount": number})
        client.track("ben", "paid", {"amount": "much"})
        client.shutdown()

    assert statuses[:2] == [fault, "200"]
    assert (amounts(), balances(served_project)) == (list(range(20)), {"ben": 20})
    assert RejectedEvent.objects.count() == 1


def test_python_is_told_that_its_key_is_wrong(live_server, grouped, served_project, token):
    lost = []
    client = Client(f"{token}x", host=live_server.url, on_error=lambda error, items: lost.append(error.status))

    client.track("ben", "paid")
    client.shutdown()

    assert (lost, Event.objects.count()) == ([401], 0)


@pytest.fixture(scope="session")
def node_sdk():
    """The folder with the SDK that package-lock.json pins, installed once."""
    home = installed(NODE, "Segment's SDK for Node")
    shutil.copy(NODE / "send.mjs", home)
    return home


def run_node(node_sdk, *arguments):
    command = ["node", "send.mjs", *map(str, arguments)]
    done = subprocess.run(command, cwd=node_sdk, capture_output=True, text=True, timeout=150, check=False)
    return done.returncode, done.stderr


def test_node_delivers_what_it_has_collected(live_server, grouped, served_project, token, node_sdk):
    done = run_node(node_sdk, live_server.url, token, 250, "NRY-01")

    ben = Customer.objects.get(source_id="ben")
    assert done == (0, "")
    assert (ben.name, ben.email, ben.metadata) == ("Ben", "ben@example.com", {"plan": "gold"})
    assert amounts() == [number + 0.5 for number in range(250)]
    assert balances(served_project) == {"ben": 300}
    assert (Event.objects.count(), RejectedEvent.objects.count()) == (250, 0)


@pytest.mark.parametrize("fault", ["500", "cut"])
def test_node_sends_again_what_was_not_answered_and_nothing_happens_twice(
    live_server, grouped, served_project, token, node_sdk, fault
):
    with unreliable(live_server.url, [fault]) as (host, statuses):
        done = run_node(node_sdk, host, token, 8)

    assert (done, sorted(statuses)) == ((0, ""), ["200", fault])
    assert (amounts(), balances(served_project)) == ([number + 0.5 for number in range(8)], {"ben": 8})
