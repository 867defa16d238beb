"""What a browser is told. Its key is public: whoever sends an event for Ben must not be told who Ben is.

Of the customer it learns the id, and otherwise what it said itself. Of the effects it learns those of its own
customer, without codes that open anything and without other people's ids.
"""

import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from common.ids import parse_public_id
from common.jsons import ExactDecoder, JsonObject
from customers.profiles import Profile
from events.models import StoredEffect
from events.outcomes import Accepted, Replayed
from projects.models import Project

# By kind of effect the fields that are shown; other kinds are not shown at all.
SHOWN_FIELDS: Mapping[str, tuple[str, ...]] = {
    "customer.created": (),
    "customer.updated": (),
    "referral.converted": ("code", "campaign_id"),
    "referral.held": ("code", "campaign_id"),
    "reward.granted": ("type", "amount", "campaign_id"),
    "points.earned": ("points", "rule", "campaign_id"),
    "points.pending": ("points", "rule", "campaign_id"),
}
SHOWN_SKIPS = ("earning_rule", "referral")


def answer_shown(outcome: Accepted | Replayed, profile: Profile) -> JsonObject:
    """The contract's answer (b.2), its customer as `profile`, which the browser sent, has it."""
    answer = _parsed(outcome)
    return answer | {
        "customer": {
            "id": answer["customer"]["id"],
            "source_id": profile.source_id if profile.id is None else None,
            "name": profile.fields.get("name"),
            "email": profile.fields.get("email"),
            "metadata": dict(profile.metadata) or None,
            "object": "customer",
        }
    }


def effects_shown(project: Project, outcome: Accepted | Replayed) -> JsonObject:
    """`effects` and `skipped`; one statement for an event that was accepted before, else none."""
    if isinstance(outcome, Accepted):
        customer: UUID | None = outcome.customer.pk
        effects = [(effect.kind, effect.customer_id, effect.data) for effect in outcome.effects]
        skips = [skip.as_json() for skip in outcome.skips]
    else:
        customer = parse_public_id("cust", _parsed(outcome)["customer"]["id"])
        rows = list(StoredEffect.objects.filter(project=project, event_id=outcome.event_id).order_by("seq"))
        effects = [(row.kind, row.customer_id, row.data) for row in rows]
        skips = [skip for row in rows if row.kind == StoredEffect.DECLINED for skip in row.data["skipped"]]
    return {
        "effects": list(_shown(effects, customer)),
        "skipped": [skip for skip in skips if skip["kind"] in SHOWN_SKIPS],
    }


def _shown(effects: Iterable[tuple[str, UUID, Mapping[str, object]]], customer: UUID | None) -> Iterable[JsonObject]:
    for kind, whose, data in effects:
        if whose == customer and kind in SHOWN_FIELDS:
            yield {"kind": kind, **{name: data[name] for name in SHOWN_FIELDS[kind] if name in data}}


def _parsed(outcome: Accepted | Replayed) -> JsonObject:
    answer: JsonObject = json.loads(outcome.answer, cls=ExactDecoder)
    return answer
