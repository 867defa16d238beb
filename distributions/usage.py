"""Which distributions use an event definition, a segment or a campaign."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from campaigns.models import Campaign
from campaigns.usage import CampaignUser
from customers.segments import SegmentUser
from distributions.creation import let_campaign_go
from distributions.models import Distribution
from distributions.validating import in_words
from eventschema.models import EventDefinition
from eventschema.usage import SchemaUser, Use
from projects.audit import Actor
from projects.models import Project


class Distributions(SchemaUser):
    """A distribution reacts to the event itself; templates take what they find."""

    def uses(self, definition: EventDefinition) -> list[Use]:
        rows = Distribution.objects.filter(definition=definition, deleted_at=None).order_by("pk")
        return [Use(f"distribution '{row.name}'", "distributions_distribution", row.pk, row.public_id) for row in rows]

    def rename(self, definition: EventDefinition, names: Mapping[str, str], *, by: Actor, now: datetime) -> None:
        """Nothing: stored metadata is read under the names that it has."""


class DistributionsOfSegments(SegmentUser):
    def users_of(self, project: Project, key: UUID) -> list[str]:
        rows = Distribution.objects.filter(project=project, segment_id=key, deleted_at=None).order_by("pk")
        return [in_words(row) for row in rows]


class DistributionsOfCampaigns(CampaignUser):
    """Those that give its codes, and those that wait for its points or referrals."""

    def users_of(self, campaign: Campaign) -> Sequence[str]:
        return [in_words(row) for row in self._own(campaign)]

    def let_go(self, campaign: Campaign, *, by: Actor, now: datetime) -> None:
        """They are off until somebody chooses another campaign."""
        for row in self._own(campaign):
            let_campaign_go(row, by=by, now=now)

    def _own(self, campaign: Campaign) -> QuerySet[Distribution]:
        named = Q(campaign=campaign) | Q(trigger_campaign=campaign)
        return Distribution.objects.filter(named, deleted_at=None).order_by("pk")
