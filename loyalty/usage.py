"""Which earning rules use an event definition (eventschema/usage.py)."""

from collections.abc import Mapping
from datetime import datetime

from eventschema.models import EventDefinition
from eventschema.usage import SchemaUser, Use
from loyalty.models import EarningRule, Formula
from loyalty.rules import rename_property
from projects.audit import Actor


class EarningRules(SchemaUser):
    """A proportional rule reads a number property of its event."""

    def uses(self, definition: EventDefinition) -> list[Use]:
        rules = EarningRule.objects.filter(
            definition=definition, deleted_at=None, program__campaign__deleted_at=None
        ).order_by("created_at", "id")
        return [self._use(rule) for rule in rules]

    def rename(self, definition: EventDefinition, names: Mapping[str, str], *, by: Actor, now: datetime) -> None:
        rules = EarningRule.objects.filter(definition=definition, deleted_at=None, property_name__in=names)
        for rule in rules.select_related("project", "program__campaign"):
            rename_property(rule, names[rule.property_name], by=by, now=now)

    def _use(self, rule: EarningRule) -> Use:
        kind = "number" if rule.formula == Formula.PROPORTIONAL else ""
        words = f"earning rule '{rule.banner or rule.public_id}'"
        return Use(words, "loyalty_earningrule", rule.pk, rule.public_id, rule.property_name, kind)
