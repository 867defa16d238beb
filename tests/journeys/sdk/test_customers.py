"""Customers by the official Python SDK: one by one, many at once, and gone for good."""

from datetime import UTC, date, datetime, timedelta

import pytest
import voucherify
from voucherify import models

from outbox.relay import handle_due
from projects.keys import create_key
from projects.tokens import issue_token
from tests.journeys.shop import open_shop
from tests.world import TESTER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customers(sdk):
    return voucherify.CustomersApi(sdk)


def created(customers, **fields):
    # Not `from_dict`, which writes a null for every field that is left out, and so clears it (contract k.5).
    return customers.create_customer(models.CustomersCreateRequestBody(**fields))


def finished(sdk, started):
    """What the action comes to once the worker has run."""
    handle_due()
    return voucherify.AsyncActionsApi(sdk).get_async_action(started.async_action_id)


def test_a_customer_from_the_first_day_to_the_last(customers):
    address = {"city": "Berlin", "line_1": "Street 1", "postal_code": "10115", "country": "DE"}
    fields = {"source_id": "bob@x.io/1 %", "name": "Bob", "email": "bob@x.io", "phone": "+49 30 1"}
    bob = created(customers, **fields, description="First", address=address, metadata={"VIP": True, "at": 1.5})
    again = created(customers, source_id=bob.source_id, name="Robert", metadata={"tier": "gold"})
    changed = customers.update_customer(
        bob.source_id, models.CustomersUpdateRequestBody(birthdate=date(1990, 5, 1), phone=None)
    )
    read = customers.get_customer(bob.source_id)

    assert (bob.object, again.id, changed.id, read.id) == ("customer", bob.id, bob.id, bob.id)
    assert (read.name, read.email, read.phone, read.birthdate) == ("Robert", "bob@x.io", None, date(1990, 5, 1))
    assert read.metadata == {"VIP": True, "at": 1.5, "tier": "gold"}
    assert (read.address.city, read.address.line_1, read.address.state) == ("Berlin", "Street 1", None)
    assert (read.summary.redemptions.total_redeemed, read.summary.orders.total_count) == (0, 0)
    assert (read.loyalty.points, read.loyalty.campaigns, read.referrals.total) == (0, {}, 0)
    assert (read.system_metadata, bob.updated_at, read.updated_at > bob.created_at) == ({}, None, True)
    types = [entry.type for entry in customers.list_customer_activity(bob.id, order="created_at").data]
    assert types == ["customer.created", "customer.updated", "customer.updated"]

    erased = customers.customer_permanently_deletion(bob.source_id)

    assert (erased.related_object_id, erased.related_object, erased.status) == (bob.id, "customer", "DONE")
    assert (erased.data_json.customer, erased.data_json.customer_events, erased.object) == (1, 3, "pernament_deletion")
    other = created(customers, name="Ann")
    customers.delete_customer(other.id)
    for gone in (bob.id, bob.source_id, other.id):
        with pytest.raises(voucherify.exceptions.NotFoundException):
            customers.get_customer(gone)


def test_customers_are_listed_by_what_is_asked_for(customers):
    start = datetime.now(UTC) - timedelta(minutes=1)
    made = [
        created(customers, source_id=f"c{n}", name=f"C {n % 2}", email=f"{n}@x.io", address={"city": "Rome"})
        for n in range(4)
    ]

    def listed(**asked):
        return [customer.source_id for customer in customers.list_customers(**asked).customers]

    first = customers.list_customers(limit=3)
    assert (first.object, first.data_ref, first.total, first.has_more) == ("list", "customers", 4, True)
    assert [customer.id for customer in first.customers] == [customer.id for customer in made[:0:-1]]
    assert listed(limit=3, page=2) == ["c0"]
    assert (listed(email="2@x.io"), listed(name="C 1"), len(listed(city="Rome"))) == (["c2"], ["c3", "c1"], 4)
    assert (listed(order="source_id"), listed(order="-source_id", limit=1)) == (["c0", "c1", "c2", "c3"], ["c3"])
    assert listed(starting_after=made[2].created_at) == ["c1", "c0"]
    assert listed(starting_after=made[1].created_at, order="created_at") == ["c2", "c3"]
    assert (listed(created_at_before=start), len(listed(created_at_after=start))) == ([], 4)
    assert listed(updated_at_after=start) == []
    assert listed(page=99) == []


def test_a_customers_codes_are_listed(sdk, served_project, customers):
    shop = open_shop(sdk, served_project.public_id)
    shop.sign_up("ben", referral={"code": "NRY-01"})

    listed = customers.list_customer_redeemables("ben")
    by_role = {item.holder_role: item for item in listed.data}
    owned = customers.list_customer_redeemables(
        "ben",
        filters=models.ParameterFiltersListCustomerRedeemables.from_dict(
            {"holder_role": {"conditions": {"$in": ["OWNER"]}}, "created_at": {"conditions": {"$less_than": 2}}}
        ),
    )
    rest = customers.list_customer_redeemables("ben", limit=1, order="id")

    assert (listed.object, listed.data_ref, listed.has_more, set(by_role)) == (
        "list",
        "data",
        False,
        {"OWNER", "REFEREE"},
    )
    card = by_role["OWNER"].redeemable
    assert (card.type, card.status, card.voucher.loyalty_card.balance) == ("voucher", "ACTIVE", 60)
    assert (by_role["OWNER"].campaign_id, by_role["OWNER"].voucher_type) == (shop.club.id, "LOYALTY_CARD")
    assert by_role["REFEREE"].redeemable.voucher.code == "NRY-01"
    assert [item.id for item in owned.data] == [by_role["OWNER"].id]
    assert (rest.has_more, rest.more_starting_after) == (True, rest.data[0].id)
    assert customers.list_customer_redeemables("ben", starting_after_id=listed.data[-1].id).data == []


def test_many_customers_are_written_at_once(sdk, customers, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("Source_id,Name,Email,Birthdate,tier\nben,Ben,ben@x.io,1990-05-01,gold\ncleo,Cleo,,soon,\n")

    imported = finished(sdk, customers.import_customers_using_csv(file=str(file)))
    bulk = [{"source_id": "ben", "phone": "1"}, {"source_id": "dora", "name": "Dora", "metadata": {"VIP": True}}]
    updated = finished(
        sdk,
        customers.update_customers_in_bulk([models.CustomersUpdateInBulkRequestBody.from_dict(one) for one in bulk]),
    )
    metadata = models.CustomersMetadataUpdateInBulkRequestBody.from_dict(
        {"source_ids": ["ben", "eve"], "metadata": {"newsletter": True}}
    )
    marked = finished(sdk, customers.update_customers_metadata_in_bulk(metadata))
    actions = voucherify.AsyncActionsApi(sdk).list_async_actions(limit=2)

    assert (imported.type, imported.status, imported.operation_status) == ("CUSTOMERS.IMPORT_CSV", "DONE", "SUCCESS")
    assert (imported.progress, imported.result["done_count"], imported.result["failed_count"]) == (100, 1, 1)
    assert imported.result["failed"] == [
        {"source_id": "cleo", "reason": "Property .birthdate must be a date in ISO 8601 (YYYY-MM-DD)", "row": 3}
    ]
    assert (updated.type, updated.result["done_count"], updated.result["failed"]) == ("CUSTOMERS.BULK_UPDATE", 2, [])
    assert (marked.type, marked.result["message"]) == ("CUSTOMERS.METADATA_UPDATE", "2 done, 0 failed.")
    assert [action.id for action in actions.async_actions] == [marked.id, updated.id]
    ben = customers.get_customer("ben")
    assert (ben.name, ben.phone, ben.email, ben.birthdate) == ("Ben", "1", "ben@x.io", date(1990, 5, 1))
    assert ben.metadata == {"tier": "gold", "newsletter": True}
    assert {name: customers.get_customer(name).metadata for name in ("dora", "eve")} == {
        "dora": {"VIP": True},
        "eve": {"newsletter": True},
    }


def test_an_access_token_stands_for_its_key(live_server, served_project):
    key, _ = create_key(served_project, kind="server", by=TESTER)
    issued = issue_token(key, "customers", now=datetime.now(UTC))

    with voucherify.ApiClient(voucherify.Configuration(host=live_server.url)) as client:
        # The SDK has no setting for tokens, but for headers.
        client.set_default_header("Authorization", f"Bearer {issued.token}")
        made = created(voucherify.CustomersApi(client), source_id="ben")
        with pytest.raises(voucherify.exceptions.ForbiddenException):
            voucherify.CampaignsApi(client).list_campaigns()

    assert made.source_id == "ben"
