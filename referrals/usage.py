"""Which referral programmes use an event definition (eventschema/usage.py)."""

from eventschema.models import EventDefinition
from referrals.models import ReferralProgram


def programs_using(definition: EventDefinition) -> list[str]:
    programs = ReferralProgram.objects.filter(definition=definition).select_related("campaign")
    return [f"referral campaign '{program.campaign.name}'" for program in programs]
