"""Making loyalty campaigns."""

from dataclasses import replace

from django.db import transaction

from campaigns.creation import CampaignFields, create_campaign
from campaigns.models import Campaign
from common.refusals import InvalidPayload
from loyalty.ledger import MOST_POINTS
from loyalty.models import LoyaltyProgram
from projects.audit import Actor
from projects.models import Project


def create_loyalty_campaign(project: Project, fields: CampaignFields, initial_points: int, *, by: Actor) -> Campaign:
    """A loyalty campaign, joined once by each customer (contract f.1). Raises Duplicate, InvalidPayload."""
    if not 0 <= initial_points <= MOST_POINTS:
        raise InvalidPayload.at(
            "voucher.loyalty_card.points", "Property .voucher.loyalty_card.points is out of range", initial_points
        )
    with transaction.atomic():
        campaign = create_campaign(project, replace(fields, join_once=True), by=by)
        LoyaltyProgram.objects.create(campaign=campaign, project=project, initial_points=initial_points)
    return campaign
