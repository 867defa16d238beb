"""Which earning rules use an event definition (eventschema/usage.py), and which use a segment."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from customers.segments import SegmentUser
from eventschema.models import EventDefinition
from eventschema.usage import SchemaUser, Use
from loyalty.models import EarningRule, Formula
from loyalty.rules import rename_property
from loyalty.validating import EARNING_RULES, in_words
from projects.audit import Actor
from projects.models import Project
from rules.assigning import rule_key_of
from rules.judging import CompiledRule, load_rules
from rules.models import ObjectType


class EarningRules(SchemaUser):
    """A proportional rule reads a number property of its event; its validation rule may read others."""

    def uses(self, definition: EventDefinition) -> list[Use]:
        rules = EarningRule.objects.filter(
            definition=definition, deleted_at=None, program__campaign__deleted_at=None
        ).order_by("created_at", "id")
        rules = rules.annotate(ruled_by=rule_key_of(ObjectType.EARNING_RULE))
        stored = list(rules)
        ruled = load_rules(definition.project) if any(rule.ruled_by for rule in stored) else {}
        return [use for rule in stored for use in self._uses(rule, ruled.get(rule.ruled_by))]

    def rename(self, definition: EventDefinition, names: Mapping[str, str], *, by: Actor, now: datetime) -> None:
        rules = EarningRule.objects.filter(definition=definition, deleted_at=None, property_name__in=names)
        for rule in rules.select_related("project", "program__campaign"):
            rename_property(rule, names[rule.property_name], by=by, now=now)

    def _uses(self, rule: EarningRule, ruled_by: CompiledRule | None) -> Iterator[Use]:
        kind = "number" if rule.formula == Formula.PROPORTIONAL else ""
        own = (in_words(rule), EARNING_RULES, rule.pk, rule.public_id)
        yield Use(*own, rule.property_name, kind)
        if ruled_by:
            for name in sorted(ruled_by.asks_properties):
                yield Use(*own, name)


class EarningRulesOfSegments(SegmentUser):
    """Also those that are switched off: they may be switched on again."""

    def users_of(self, project: Project, key: UUID) -> list[str]:
        rules = EarningRule.objects.filter(project=project, segment_id=key, deleted_at=None)
        return [
            in_words(rule) for rule in rules.filter(program__campaign__deleted_at=None).order_by("created_at", "id")
        ]
