"""Which referral programmes use an event definition (eventschema/usage.py)."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from eventschema.models import EventDefinition
from eventschema.usage import SchemaUser, Use
from projects.audit import Actor
from referrals.models import ReferralProgram
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
