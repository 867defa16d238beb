"""The management API's webhooks, project and metadata schemas, through the official Python SDK."""

import pytest
import voucherify
from voucherify import models

from tests.world import TESTER
from webhooks.event_types import EVENT_TYPES
from webhooks.subscribing import Subscription, create_webhook

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://shop.example/hook"


@pytest.fixture
def management(sdk):
    return voucherify.ManagementApi(sdk)


def test_webhooks_are_made_listed_changed_and_deleted(management, served_project):
    project_id = served_project.public_id
    events = ["voucher.loyalty_card.points_aded", "customer.rewarded"]
    body = models.ManagementProjectsWebhooksCreateRequestBody(target_url=URL, events=events)
    made = management.create_webhook(project_id, body)
    create_webhook(served_project, Subscription(URL, sorted(EVENT_TYPES), by_api=False), by=TESTER)
    listed = management.list_webhooks(project_id)
    change = models.ManagementProjectsWebhooksUpdateRequestBody(
        target_url=f"{URL}/2", events=["campaign.created"], active=False
    )
    changed = management.update_webhook(project_id, made.id, change)
    read = management.get_webhook(project_id, made.id)
    management.delete_webhook(project_id, made.id)

    assert (made.target_url, made.events, made.active, made.object) == (URL, events, True, "webhook")
    assert [(item.id, len(item.events)) for item in listed.data][1:] == [(made.id, 2)]
    assert (listed.total, listed.data[0].target_url, "campaign.vouchers.aded" in listed.data[0].events) == (
        2,
        URL,
        True,
    )
    assert (changed.target_url, changed.events, changed.active) == (f"{URL}/2", ["campaign.created"], False)
    assert read.to_dict() == changed.to_dict()
    with pytest.raises(voucherify.exceptions.NotFoundException):
        management.get_webhook(project_id, made.id)
    with pytest.raises(voucherify.exceptions.BadRequestException, match="invalid_payload"):
        management.create_webhook(
            project_id, models.ManagementProjectsWebhooksCreateRequestBody(target_url="shop.example", events=events)
        )


def test_a_project_is_read_and_changed_and_neither_made_nor_deleted(management, served_project):
    project_id = served_project.public_id
    before = management.get_project(project_id)
    change = models.ManagementProjectsUpdateRequestBody(
        name="Kiosk",
        description="By the station",
        currency="EUR",
        timezone="Europe/Berlin",
        webhook_version="v2024-01-01",
        client_publish_enabled=True,
    )
    changed = management.update_project(project_id, change)
    listed = management.list_projects()
    another = models.ManagementProjectsCreateRequestBody(
        name="Another", case_sensitive_codes=True, timezone="UTC", currency="EUR"
    )

    assert (before.name, before.timezone, before.description, before.currency) == ("Shop", "UTC", None, None)
    assert (before.api_version, before.is_sandbox, before.client_trusted_domains) == ("v2018-08-01", False, [])
    assert (changed.name, changed.description, changed.currency) == ("Kiosk", "By the station", "EUR")
    assert (changed.timezone, changed.client_publish_enabled) == ("Europe/Berlin", True)
    assert changed.webhook_token == before.webhook_token == served_project.webhook_token
    assert ([item.name for item in listed.data], listed.total) == (["Kiosk"], 1)
    with pytest.raises(voucherify.exceptions.ForbiddenException, match="create_project"):
        management.create_project(another)
    with pytest.raises(voucherify.exceptions.ForbiddenException, match="history"):
        management.delete_project(project_id)


def test_a_schema_of_earning_rules_is_made_read_and_kept_to(management, sdk, served_project):
    project_id, loyalties = served_project.public_id, voucherify.LoyaltiesApi(sdk)
    rank = {"type": "number", "optional": False, "array": False, "gte": 1}
    schema = management.create_metadata_schema(
        project_id,
        models.ManagementProjectsMetadataSchemasCreateRequestBody.from_dict(
            {"related_object": "earning_rule", "properties": {"rank": rank}}
        ),
    )
    listed = management.list_metadata_schemas1(project_id)
    read = management.get_metadata_schema1(project_id, schema.id)
    signed_up = management.create_custom_event_schema(
        project_id,
        models.ManagementProjectsCustomEventSchemasCreateRequestBody.from_dict(
            {"name": "signed_up", "schema": {"properties": {}}}
        ),
    )
    club = loyalties.create_loyalty_program(
        models.LoyaltiesCreateCampaignRequestBody.from_dict(
            {"name": "Club", "voucher": {"type": "LOYALTY_CARD", "loyalty_card": {"points": 0}}}
        )
    )

    def made(metadata):
        body = {"event": "signed_up", "custom_event": {"schema_id": signed_up.id}, "metadata": metadata}
        rule = models.LoyaltiesEarningRulesCreateRequestBodyItem.from_dict(
            body | {"loyalty": {"type": "FIXED", "points": 5}}
        )
        return loyalties.create_earning_rule(club.id, [rule])[0]

    assert [(item.id, item.related_object) for item in listed.data] == [(schema.id, "earning_rule")]
    assert (read.properties["rank"]["gte"], made({"rank": 2}).metadata) == (1, {"rank": 2})
    with pytest.raises(voucherify.exceptions.BadRequestException, match="metadata_validation_failed"):
        made({"rank": 0})
