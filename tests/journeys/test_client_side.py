"""The official SDK's client side, unmodified, with only host and client key set, against a served Boon."""

import pytest
import voucherify
from voucherify import models

from projects.creation import change_project
from projects.keys import create_key
from tests.journeys.shop import SIGNED_UP_AT, open_shop
from tests.world import TESTER

pytestmark = pytest.mark.django_db(transaction=True)

SHOP = "https://shop.example"


@pytest.fixture
def shop(sdk, served_project):
    return open_shop(sdk, served_project.public_id)


@pytest.fixture
def web(shop, live_server, served_project):
    """The SDK with a client key that trusts the shop's pages alone."""
    key, token = create_key(served_project, kind="client", by=TESTER, trusted_domains=[SHOP, "app.example"])
    keys = {"X-Client-Application-Id": key.key_id, "X-Client-Token": token}
    with voucherify.ApiClient(voucherify.Configuration(host=live_server.url, api_key=keys)) as client:
        yield voucherify.ClientSideApi(client)


@pytest.fixture
def allow(shop, served_project):
    def switched(*names):
        change_project(served_project, {f"client_{name}_enabled": True for name in names}, by=TESTER)

    return switched


def sign_up(web, origin=SHOP, **parts):
    customer = {"source_id": "ben@example.com", "name": "Ben"}
    body = {"event": "signed_up", "customer": customer, "metadata": {"sign_up_date": SIGNED_UP_AT}} | parts
    return web.track_custom_event_client_side(origin, models.ClientEventsCreateRequestBody.from_dict(body))


def test_an_event_of_a_page_earns_and_refers_where_the_project_says_so(web, shop, allow):
    allow("create_customer", "loyalty_events")

    tracked = sign_up(web, referral={"code": "NRY-01"})

    ben = shop.customers.get_customer("ben@example.com")
    assert (tracked.object, tracked.type, tracked.customer.id) == ("event", "signed_up", ben.id)
    assert (tracked.customer.source_id, tracked.customer.name) == ("ben@example.com", "Ben")
    assert (ben.name, ben.loyalty.points, ben.referrals.total) == ("Ben", 60, 1)


def test_a_host_name_is_an_origin_as_the_sdk_documents_it(web, allow):
    allow("create_customer")

    assert sign_up(web, origin="app.example").customer.source_id == "ben@example.com"


@pytest.mark.parametrize(
    ("switches", "origin", "parts"),
    [
        (["create_customer"], "https://evil.example", {}),
        (["create_customer"], SHOP, {"referral": {"code": "NRY-01"}}),
        ([], SHOP, {}),
    ],
)
def test_what_is_not_allowed_is_forbidden(web, allow, switches, origin, parts):
    allow(*switches)

    with pytest.raises(voucherify.exceptions.ForbiddenException, match='"key":"forbidden"'):
        sign_up(web, origin, **parts)
