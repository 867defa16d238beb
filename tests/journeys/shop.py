"""A shop that was set up through the official SDK alone: its models build every request, and parse every answer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import voucherify
from voucherify import models

SIGNED_UP_AT = datetime(2019, 1, 25, 14, 30, tzinfo=UTC)


@dataclass
class Shop:
    """The SDK's APIs, and what `open_shop` made with them."""

    project_id: str
    management: voucherify.ManagementApi
    campaigns: voucherify.CampaignsApi
    customers: voucherify.CustomersApi
    events: voucherify.EventsApi
    loyalties: voucherify.LoyaltiesApi
    publications: voucherify.PublicationsApi
    referrals: voucherify.ReferralsApi
    schema: Any = None
    club: Any = None
    rule: Any = None
    campaign: Any = None
    code: Any = None
    publication: Any = None

    def sign_up(self, source_id: str, **parts: Any) -> Any:
        """Tracks `signed_up` for a customer."""
        body = {
            "event": "signed_up",
            "customer": {"source_id": source_id, "name": "Ben", "metadata": {"VIP": True}},
            "metadata": {"sign_up_date": SIGNED_UP_AT},
        }
        return self.events.track_custom_event(models.EventsCreateRequestBody.from_dict(body | parts))

    def card_of(self, source_id: str) -> Any:
        return self.loyalties.list_members(self.club.id, customer=source_id).vouchers[0]


def open_shop(sdk: voucherify.ApiClient, project_id: str) -> Shop:
    """An event, a club that pays 10 points for it, and a referral campaign that pays the referee 50 more."""
    shop = Shop(
        project_id,
        voucherify.ManagementApi(sdk),
        voucherify.CampaignsApi(sdk),
        voucherify.CustomersApi(sdk),
        voucherify.EventsApi(sdk),
        voucherify.LoyaltiesApi(sdk),
        voucherify.PublicationsApi(sdk),
        voucherify.ReferralsApi(sdk),
    )
    shop.schema = shop.management.create_custom_event_schema(project_id, _definition())
    shop.club = shop.loyalties.create_loyalty_program(_club())
    shop.rule = shop.loyalties.create_earning_rule(shop.club.id, [_rule(shop.schema.id)])[0]
    shop.campaign = shop.campaigns.create_campaign(_referral_campaign(shop.schema.id, shop.club.id))
    shop.code = shop.campaigns.add_voucher_with_specific_code_to_campaign(shop.campaign.id, "NRY-01")
    shop.publication = shop.publications.create_publication(
        publications_create_request_body=models.PublicationsCreateRequestBody.from_dict(
            {"customer": {"source_id": "ada"}, "voucher": "NRY-01", "campaign": {"name": "Bring a friend"}}
        )
    )
    return shop


def _definition() -> Any:
    properties = {"sign_up_date": {"type": "datetime", "optional": False}}
    return models.ManagementProjectsCustomEventSchemasCreateRequestBody.from_dict(
        {"name": "signed_up", "schema": {"properties": properties}}
    )


def _club() -> Any:
    return models.LoyaltiesCreateCampaignRequestBody.from_dict(
        {
            "name": "Club",
            "type": "AUTO_UPDATE",
            "auto_join": True,
            "voucher": {"type": "LOYALTY_CARD", "loyalty_card": {"points": 0}},
        }
    )


def _rule(schema_id: str) -> Any:
    return models.LoyaltiesEarningRulesCreateRequestBodyItem.from_dict(
        {
            "event": "signed_up",
            "custom_event": {"schema_id": schema_id},
            "loyalty": {"type": "FIXED", "points": 10},
            "source": {"banner": "Welcome"},
        }
    )


def _referral_campaign(schema_id: str, club_id: str) -> Any:
    reward = {"type": "LOYALTY_CARD", "amount": "50", "related_object_parent": {"id": club_id}}
    return models.CampaignsCreateRequestBody.from_dict(
        {
            "name": "Bring a friend",
            "campaign_type": "REFERRAL_PROGRAM",
            "type": "AUTO_UPDATE",
            "voucher": {
                "type": "DISCOUNT_VOUCHER",
                "discount": {"type": "PERCENT", "percent_off": 10},
                "is_referral_code": True,
                "code_config": {"pattern": "NRY-##"},
            },
            "referral_program": {
                "conversion_event_type": "custom_event",
                "custom_event": {"id": schema_id, "name": "signed_up"},
                "referee_reward": reward,
            },
        }
    )
