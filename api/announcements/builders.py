"""Which function makes the bodies of which types; what has none is told as it was announced."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from api.announcements.configuration import campaigns, codes, gift_credits
from api.announcements.effects import DATA, effects
from api.announcements.told import Body, Builder, Told
from api.announcements.tracked import taken_back, tracked
from projects.models import Project
from webhooks.event_types import EVENT_TYPES

BUILDERS: Mapping[str, Builder] = {
    "customer.custom_event": tracked,
    "customer.custom_event.voided": taken_back,
    **dict.fromkeys(DATA, effects),
    **dict.fromkeys((name for name in EVENT_TYPES if name.startswith("campaign.")), campaigns),
    **dict.fromkeys((f"voucher.{what}" for what in ("created", "updated", "deleted", "enabled", "disabled")), codes),
    **dict.fromkeys(("voucher.gift.balance_added", "voucher.gift.transaction.created"), gift_credits),
}


def build(project: Project, told: Sequence[Told]) -> list[Body | None]:
    """The bodies of announcements of one project, in order; a fixed number of statements for each builder."""
    bodies: dict[int, Body | None] = {}
    places: defaultdict[Builder, list[int]] = defaultdict(list)
    for place, each in enumerate(told):
        places[BUILDERS.get(each.type, as_announced)].append(place)
    for builder, own in places.items():
        bodies.update(zip(own, builder(project, [told[place] for place in own]), strict=True))
    return [bodies[place] for place in range(len(told))]


def as_announced(project: Project, told: Sequence[Told]) -> list[Body | None]:
    return [Body(each.about) for each in told]
