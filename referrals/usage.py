"""Which referral programmes use an event definition (eventschema/usage.py)."""

from collections.abc import Mapping
from datetime import datetime

from eventschema.models import EventDefinition
from eventschema.usage import SchemaUser, Use
from projects.audit import Actor
from referrals.models import ReferralProgram


class ReferralPrograms(SchemaUser):
    """A programme converts on the event itself, whatever its properties say."""

    def uses(self, definition: EventDefinition) -> list[Use]:
        programs = ReferralProgram.objects.filter(definition=definition, campaign__deleted_at=None)
        programs = programs.select_related("campaign").order_by("pk")
        return [self._use(program) for program in programs]

    def rename(self, definition: EventDefinition, names: Mapping[str, str], *, by: Actor, now: datetime) -> None:
        """Nothing: it reads no property."""

    def _use(self, program: ReferralProgram) -> Use:
        words = f"referral campaign '{program.campaign.name}'"
        return Use(words, "referrals_referralprogram", program.pk, program.campaign.public_id)
