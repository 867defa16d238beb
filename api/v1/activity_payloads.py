"""The payloads of activity entries (contract d.8). Effects hold references; what they name is loaded once a page."""

from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import prefetch_related_objects

from api.v1.rendering import (
    render_campaigns,
    render_holders,
    render_publications,
    render_simple_tier,
    render_vouchers,
)
from campaigns.codes import find_by_codes
from campaigns.models import Campaign, Holder, Publication, Voucher
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from customers.models import Customer
from events.masking import Masks
from events.models import Event, StoredEffect
from loyalty.models import EarningRule, LedgerEntry
from projects.models import Project
from referrals.models import ReferralTier
from segments.models import Segment

Entry: TypeAlias = Event | StoredEffect


class References:
    """Everything that entries of these customers refer to, rendered; a fixed number of statements for any number.

    With `masked`, what is personal in events reads ***, and of others than the customer there are the ids alone; the
    definitions of events must be loaded then.
    """

    def __init__(
        self, project: Project, customers: Sequence[Customer], entries: Sequence[Entry], *, masked: bool = False
    ) -> None:
        self.customers = {customer.pk: customer.as_simple_json() for customer in customers}
        effects = [entry for entry in entries if isinstance(entry, StoredEffect)]
        events = [entry for entry in entries if isinstance(entry, Event)]
        missing = {effect.event_id for effect in effects if effect.event_id} - {event.pk for event in events}
        behind = Event.objects.filter(pk__in=missing).select_related("definition") if missing else ()
        self.events = {event.pk: event for event in (*events, *behind)}
        self._masks = Masks(list(self.events.values())) if masked else None
        # By the code as the sender wrote it, which may differ in case.
        found = find_by_codes(project, list({code for entry in entries for code in _codes(entry)}))
        prefetch_related_objects(list(found.values()), "campaign")
        self.vouchers = dict(zip(found, render_vouchers(project, list(found.values())), strict=True))
        self.campaigns = self._load_campaigns(effects, list(found.values()))
        self.people = {
            person.public_id: person.as_simple_json()
            for person in Customer.objects.filter(pk__in=keys_named(effects, "referrer_id", "cust"))
        }
        self.rules = EarningRule.objects.in_bulk(keys_named(effects, "rule", "ern"))
        self.segments = Segment.objects.in_bulk(keys_named(effects, "segment", "seg"))
        self.transactions = LedgerEntry.objects.in_bulk(keys_named(effects, "transaction", "vtx"))
        publications = list(
            Publication.objects.filter(pk__in=keys_named(effects, "publication_id", "pub")).select_related(
                "voucher__campaign", "customer"
            )
        )
        self.publications = {body["id"]: body for body in render_publications(project, publications)}
        holders = Holder.objects.filter(pk__in=keys_named(effects, "holder_id", "rh")).select_related(
            "voucher__campaign"
        )
        self.holders = {body["id"]: body for body in render_holders(list(holders))}
        tiers = ReferralTier.objects.filter(pk__in=keys_named(effects, "tier", "rtier"))
        self.tiers = {tier.public_id: render_simple_tier(tier) for tier in tiers}

    def payload(self, entry: Entry) -> JsonObject:
        """What the contract's activity entry of this kind carries."""
        if isinstance(entry, Event):
            return self._tracked(entry)
        body: JsonObject = {"customer": self.customers[entry.customer_id]}
        if entry.event_id is not None:
            body["custom_event"] = self._event_of(entry)
        return body | self._of_effect(entry)

    def _of_effect(self, effect: StoredEffect) -> JsonObject:
        data = effect.data
        if effect.kind.startswith("points."):
            return self._points(effect)
        if effect.kind == "referral.converted":
            referrer = self.people.get(data["referrer_id"])
            if self._masks is not None:
                referrer = {"id": data["referrer_id"], "object": "customer"}
            return {"referrer": referrer, **self.code(data["code"])}
        if effect.kind in ("reward.granted", "reward.revoked"):
            amount = data["amount"] if effect.kind == "reward.granted" else -data["amount"]
            return {
                "holder": self.customers[effect.customer_id],
                "voucher": self.vouchers.get(data.get("card")),
                "campaign": self.campaigns.get(data["campaign_id"]),
                "referral_tier": self.tiers.get(data.get("tier")),
                "balance": {"amount": amount, "points": amount},
            }
        if effect.kind == "code.published":
            publication = self.publications.get(data["publication_id"])
            return {"publication": publication, "campaign": self.campaigns.get(data["campaign_id"])}
        if effect.kind in ("segment.entered", "segment.left"):
            segment = self.segments.get(parse_public_id("seg", data["segment"]))
            return {"segment": {"id": data["segment"], "name": segment and segment.name, "object": "segment"}}
        if effect.kind == "holder.added":
            return {"holder": self.holders.get(data["holder_id"]), **self.code(data["code"])}
        if effect.kind in ("code.unpublished", "referral.voided", "holder.removed"):
            return {"holder": None, **self.code(data["code"])}
        return {}

    def _points(self, effect: StoredEffect) -> JsonObject:
        data = effect.data
        body: JsonObject = {"holder": self.customers[effect.customer_id], **self.code(data["card"])}
        entry = self.transactions.get(parse_public_id("vtx", data.get("transaction")))
        if entry is not None:
            body["balance"] = {
                "points": entry.points,
                "total": entry.lifetime_after,
                "balance": entry.balance_after,
                "type": "loyalty_card",
                "object": "balance",
                "related_object": {"type": "voucher", "id": public_id("v", entry.card_id)},
            }
            body["transaction"] = {"id": entry.public_id}
        rule = self.rules.get(parse_public_id("ern", data.get("rule")))
        if rule is not None:
            body["earning_rule"] = {"id": rule.public_id, "source": {"banner": rule.banner or None}}
        return body

    def _tracked(self, event: Event) -> JsonObject:
        codes: JsonObject = event.codes
        return {
            "event": self._event(event),
            "event_schema": {
                "id": public_id("ms", event.definition_id) if event.definition_id else None,
                "name": event.name,
            },
            "customer": self.customers[event.customer_id],
            "referral": self.code(codes["referral"]) if "referral" in codes else None,
            "loyalty": self.code(codes["loyalty"]) if "loyalty" in codes else None,
        }

    def _event_of(self, effect: StoredEffect) -> JsonObject:
        """The event behind an effect; its id alone where its month was dropped from the log."""
        assert effect.event_id is not None
        event = self.events.get(effect.event_id)
        if event is None:
            return {"id": public_id("event", effect.event_id), "object": "event"}
        # What is stored about one person alone is forgotten with that person.
        hides = self._masks is not None and event.customer_id != effect.customer_id
        return self._event(event) | ({"metadata": {}} if hides else {})

    def _event(self, event: Event) -> JsonObject:
        codes: JsonObject = event.codes
        return {
            "id": event.public_id,
            "object": "event",
            "type": event.name,
            "customer": {"id": public_id("cust", event.customer_id)},
            "referral": {"code": codes["referral"]} if "referral" in codes else None,
            "loyalty": {"code": codes["loyalty"]} if "loyalty" in codes else None,
            "metadata": self._masks.masked(event) if self._masks else event.metadata,
            "created_at": event.received_at,
        }

    def code(self, code: str) -> JsonObject:
        """{voucher, campaign} of a code, null where it is gone."""
        voucher = self.vouchers.get(code)
        return {"voucher": voucher, "campaign": self.campaigns.get(voucher["campaign_id"]) if voucher else None}

    def _load_campaigns(self, effects: Sequence[StoredEffect], vouchers: Sequence[Voucher]) -> JsonObject:
        keys = keys_named(effects, "campaign_id", "camp")
        keys |= {voucher.campaign_id for voucher in vouchers if voucher.campaign_id}
        return {body["id"]: body for body in render_campaigns(list(Campaign.objects.filter(pk__in=keys)))}


def _codes(entry: Entry) -> list[str]:
    named: list[Any] = (
        list(entry.codes.values()) if isinstance(entry, Event) else [entry.data.get("code"), entry.data.get("card")]
    )
    return [code for code in named if code is not None]


def keys_named(effects: Sequence[StoredEffect], name: str, prefix: str) -> set[UUID]:
    """Of what the effects name."""
    keys = (parse_public_id(prefix, effect.data.get(name)) for effect in effects)
    return {key for key in keys if key is not None}
