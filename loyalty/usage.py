"""Which earning rules use an event definition (eventschema/usage.py)."""

from eventschema.models import EventDefinition
from loyalty.models import EarningRule


def rules_using(definition: EventDefinition) -> list[str]:
    rules = EarningRule.objects.filter(definition=definition, deleted_at=None)
    return [f"earning rule '{rule.banner or rule.public_id}'" for rule in rules]
