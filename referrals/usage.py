"""Which referral programmes use an event definition (eventschema/usage.py), or a campaign (campaigns/usage.py)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from campaigns.models import Campaign
from campaigns.usage import CampaignUser
from eventschema.models import EventDefinition
from eventschema.usage import SchemaUser, Use
from projects.audit import Actor
from referrals.models import ReferralProgram
from referrals.programs import end_rewards
from referrals.validating import REFERRAL_PROGRAMS, in_words
from rules.assigning import rule_key_of
from rules.judging import CompiledRule, load_rules
from rules.models import ObjectType


class ReferralPrograms(SchemaUser):
    """A programme converts on the event; its validation rule may read properties of it."""

    def uses(self, definition: EventDefinition) -> list[Use]:
        programs = ReferralProgram.objects.filter(definition=definition, campaign__deleted_at=None)
        programs = programs.select_related("campaign").order_by("pk")
        programs = programs.annotate(ruled_by=rule_key_of(ObjectType.CAMPAIGN))
        stored = list(programs)
        ruled = load_rules(definition.project) if any(program.ruled_by for program in stored) else {}
        return [use for program in stored for use in self._uses(program, ruled.get(program.ruled_by))]

    def rename(self, definition: EventDefinition, names: Mapping[str, str], *, by: Actor, now: datetime) -> None:
        """Nothing: its validation rule finds a property under every name that it has had."""

    def _uses(self, program: ReferralProgram, ruled_by: CompiledRule | None) -> Iterator[Use]:
        own = (in_words(program.campaign), REFERRAL_PROGRAMS, program.pk, program.campaign.public_id)
        yield Use(*own)
        if ruled_by:
            for name in sorted(ruled_by.asks_properties):
                yield Use(*own, name)


class RewardsOfReferrals(CampaignUser):
    """A programme that pays either side in another campaign."""

    def users_of(self, campaign: Campaign) -> Sequence[str]:
        paying = Q(referee_reward_campaign=campaign) | Q(tiers__reward_campaign=campaign, tiers__deleted_at=None)
        programs = ReferralProgram.objects.filter(paying, campaign__deleted_at=None).exclude(campaign=campaign)
        names = programs.order_by("campaign__name").values_list("campaign__name", flat=True).distinct()
        return [f"referral campaign '{name}'" for name in names]

    def let_go(self, campaign: Campaign, *, by: Actor, now: datetime) -> None:
        end_rewards(campaign, by=by, now=now)
