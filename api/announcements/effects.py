"""Bodies of what came of events, and of what people did by hand: points, rewards, publications, changed customers."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from api.announcements.bodies import full_customers, references_of
from api.announcements.masking import mask_customers
from api.announcements.told import Body, Told
from api.v1.activity_payloads import References, keys_named
from api.v1.earning_rules import render_rules
from api.v1.rendering import render_vouchers
from api.v1.transactions import render_transactions
from campaigns.models import Publication
from common.ids import public_id
from common.jsons import JsonObject
from events.models import StoredEffect
from events.telling import TRACKED
from loyalty.models import EarningRule, LedgerEntry
from projects.models import Project

PUBLICATION = "publication.succeeded"
# Keys that the contract's bodies have and of which Boon has nothing to say yet (d.8).
NO_REDEMPTION = dict.fromkeys(("redemption", "reward"))
NO_ORDER = dict.fromkeys(
    ("holder_loyalty_tier", "order", "segment", "loyalty_tier", "redemption", "rollback", "reward", "source_voucher")
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that the bodies of a batch show."""

    references: References
    in_full: Mapping[UUID, JsonObject]
    transactions: Mapping[str, JsonObject]
    rules: Mapping[str, JsonObject]
    # The codes of each publication.
    published: Mapping[str, Sequence[JsonObject]]


def effects(project: Project, told: Sequence[Told]) -> list[Body | None]:
    """A fixed number of statements for any number and any mixture of types."""
    keys = [each.key("effect", "evcus") for each in told]
    rows = {row.pk: row for row in StoredEffect.objects.filter(project=project, pk__in=[key for key in keys if key])}
    loaded = _load(project, list(rows.values()), {each.type for each in told})
    return [
        _body(project, each.type, rows[key], loaded) if key in rows else None
        for each, key in zip(told, keys, strict=True)
    ]


def _load(project: Project, rows: Sequence[StoredEffect], types: set[str]) -> Loaded:
    entries = LedgerEntry.objects.filter(project=project, pk__in=keys_named(rows, "transaction", "vtx"))
    transactions = render_transactions(list(entries.select_related("card"))) if types & NEED_TRANSACTION else []
    rules = EarningRule.objects.filter(project=project, pk__in=keys_named(rows, "rule", "ern"))
    needed = rules.select_related("definition", "program__campaign") if types & NEED_RULE else ()
    return Loaded(
        references_of(project, rows),
        full_customers(project, {row.customer_id for row in rows if row.kind.startswith("customer.")}),
        {transaction["id"]: transaction for transaction in transactions},
        {body["id"]: body for body in render_rules(list(needed))},
        _published_codes(project, rows) if PUBLICATION in types else {},
    )


def _published_codes(project: Project, rows: Sequence[StoredEffect]) -> Mapping[str, list[JsonObject]]:
    """By publication, the first code before the further ones."""
    keys = keys_named(rows, "publication_id", "pub")
    own = Publication.objects.filter(Q(pk__in=keys) | Q(part_of__in=keys), project=project)
    publications = list(own.select_related("voucher__campaign").order_by("pk"))
    bodies = render_vouchers(project, [publication.voucher for publication in publications])
    codes: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for publication, body in zip(publications, bodies, strict=True):
        codes[public_id("pub", publication.part_of_id or publication.pk)].append(body)
    return codes


def _body(project: Project, name: str, effect: StoredEffect, loaded: Loaded) -> Body:
    data = mask_customers(project, DATA[name](effect, loaded))
    body = Body.about_customer(data, effect.customer_id)
    if name.startswith("customer."):
        return body
    about = "publication" if name.startswith("publication.") else "voucher"
    return Body(data, effect.customer_id, (data[about] or {}).get("id") or body.entity_id)


def _changed(effect: StoredEffect, loaded: Loaded) -> JsonObject:
    return {"customer": loaded.in_full[effect.customer_id]}


def _rewarded(effect: StoredEffect, loaded: Loaded) -> JsonObject:
    payload = loaded.references.payload(effect)
    return {
        **payload,
        **NO_REDEMPTION,
        "custom_event": _custom_event(payload),
        "customer_event": None,
    }


def _rewarded_points(effect: StoredEffect, loaded: Loaded) -> JsonObject:
    payload = _moved(effect, loaded)
    del payload["transaction"]
    rule = loaded.rules.get(effect.data["rule"])
    return {**payload, "loyalty_tier": None, "earning_rule": rule, "order": None, "event": _cause(effect, loaded)}


def _points_added(effect: StoredEffect, loaded: Loaded) -> JsonObject:
    payload = _moved(effect, loaded)
    del payload["holder"]
    return payload


def _transaction(effect: StoredEffect, loaded: Loaded) -> JsonObject:
    payload = _moved(effect, loaded)
    del payload["customer"]
    return {
        **payload,
        **NO_ORDER,
        "event": _cause(effect, loaded),
        "earning_rule": loaded.rules.get(effect.data.get("rule") or ""),
        "custom_event": _custom_event(loaded.references.payload(effect)),
        "destination_voucher": None,
    }


def _published(effect: StoredEffect, loaded: Loaded) -> JsonObject:
    payload = loaded.references.payload(effect)
    return {
        "customer": payload["customer"],
        "campaign": payload["campaign"],
        "publication": payload["publication"],
        "voucher": loaded.references.code(effect.data["code"])["voucher"],
        "created_at": effect.created_at,
    }


def _publication(effect: StoredEffect, loaded: Loaded) -> JsonObject:
    payload = loaded.references.payload(effect)
    return {
        "customer": payload["customer"],
        "campaign": payload["campaign"],
        "vouchers": loaded.published.get(effect.data["publication_id"], []),
        "publication": payload["publication"],
    }


def _moved(effect: StoredEffect, loaded: Loaded) -> JsonObject:
    """{customer, holder, voucher, campaign, balance, transaction}."""
    payload = loaded.references.payload(effect)
    transaction = loaded.transactions.get(effect.data["transaction"])
    balance = {**payload["balance"], **transaction["details"]["balance"]} if transaction else payload.get("balance")
    kept = {name: payload[name] for name in ("customer", "holder", "voucher", "campaign")}
    return {**kept, "balance": balance, "transaction": transaction}


def _custom_event(payload: JsonObject) -> JsonObject | None:
    found: JsonObject | None = payload.get("custom_event")
    return found


def _cause(effect: StoredEffect, loaded: Loaded) -> JsonObject | None:
    """The event behind points, as the customer's activity lists it."""
    event = loaded.references.events.get(effect.event_id) if effect.event_id else None
    if event is None:
        return None
    received_at: datetime = event.received_at
    return {
        "id": public_id("evcus", event.pk),
        "type": TRACKED,
        "category": "ACTION",
        "entity_id": public_id("cust", event.customer_id),
        "created_at": received_at,
        "group_id": event.group_id,
    }


DATA: Mapping[str, Callable[[StoredEffect, Loaded], JsonObject]] = {
    "customer.created": _changed,
    "customer.updated": _changed,
    "customer.deleted": _changed,
    "customer.rewarded": _rewarded,
    "customer.rewarded.loyalty_points": _rewarded_points,
    "voucher.loyalty_card.points_added": _points_added,
    "voucher.loyalty_card.transaction.created": _transaction,
    "voucher.published": _published,
    PUBLICATION: _publication,
}
NEED_TRANSACTION = {
    "customer.rewarded.loyalty_points",
    "voucher.loyalty_card.points_added",
    "voucher.loyalty_card.transaction.created",
}
NEED_RULE = {"customer.rewarded.loyalty_points", "voucher.loyalty_card.transaction.created"}
