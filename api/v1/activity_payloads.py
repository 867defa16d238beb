"""The payloads of activity entries (contract d.8). Effects hold references; what they name is loaded once a page."""

from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import prefetch_related_objects

from api.v1.rendering import render_campaigns, render_holders, render_publications, render_vouchers
from campaigns.codes import find_by_codes
from campaigns.models import Campaign, Holder, Publication, Voucher
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from customers.models import Customer
from events.models import Event, StoredEffect
from loyalty.models import EarningRule, LedgerEntry
from projects.models import Project
from segments.models import Segment

Entry: TypeAlias = Event | StoredEffect


class References:
    """Everything that a page of activity refers to, rendered; a fixed number of statements for any page."""

    def __init__(self, project: Project, customer: Customer, entries: Sequence[Entry]) -> None:
        self.customer = customer.as_simple_json()
        effects = [entry for entry in entries if isinstance(entry, StoredEffect)]
        events = [entry for entry in entries if isinstance(entry, Event)]
        missing = {effect.event_id for effect in effects if effect.event_id} - {event.pk for event in events}
        self.events = {event.pk: event for event in (*events, *Event.objects.filter(pk__in=missing))}
        # By the code as the sender wrote it, which may differ in case.
        found = find_by_codes(project, list({code for entry in entries for code in _codes(entry)}))
        prefetch_related_objects(list(found.values()), "campaign")
        self.vouchers = dict(zip(found, render_vouchers(project, list(found.values())), strict=True))
        self.campaigns = self._load_campaigns(effects, list(found.values()))
        self.people = {
            person.public_id: person.as_simple_json()
            for person in Customer.objects.filter(pk__in=_keys(effects, "referrer_id", "cust"))
        }
        self.rules = EarningRule.objects.in_bulk(_keys(effects, "rule", "ern"))
        self.segments = Segment.objects.in_bulk(_keys(effects, "segment", "seg"))
        self.transactions = LedgerEntry.objects.in_bulk(_keys(effects, "transaction", "vtx"))
        publications = list(
            Publication.objects.filter(pk__in=_keys(effects, "publication_id", "pub")).select_related(
                "voucher__campaign", "customer"
            )
        )
        self.publications = {body["id"]: body for body in render_publications(project, publications)}
        holders = Holder.objects.filter(pk__in=_keys(effects, "holder_id", "rh")).select_related("voucher__campaign")
        self.holders = {body["id"]: body for body in render_holders(list(holders))}

    def payload(self, entry: Entry) -> JsonObject:
        """What the contract's activity entry of this kind carries."""
        if isinstance(entry, Event):
            return self._tracked(entry)
        body: JsonObject = {"customer": self.customer}
        if entry.event_id is not None:
            body["custom_event"] = self._event_of(entry.event_id)
        return body | self._of_effect(entry)

    def _of_effect(self, effect: StoredEffect) -> JsonObject:
        data = effect.data
        if effect.kind.startswith("points."):
            return self._points(data)
        if effect.kind == "referral.converted":
            return {"referrer": self.people.get(data["referrer_id"]), **self._code(data["code"])}
        if effect.kind in ("reward.granted", "reward.revoked"):
            amount = data["amount"] if effect.kind == "reward.granted" else -data["amount"]
            return {
                "holder": self.customer,
                "campaign": self.campaigns.get(data["campaign_id"]),
                "balance": {"amount": amount, "points": amount},
            }
        if effect.kind == "code.published":
            publication = self.publications.get(data["publication_id"])
            return {"publication": publication, "campaign": self.campaigns.get(data["campaign_id"])}
        if effect.kind in ("segment.entered", "segment.left"):
            segment = self.segments.get(parse_public_id("seg", data["segment"]))
            return {"segment": {"id": data["segment"], "name": segment and segment.name, "object": "segment"}}
        if effect.kind == "holder.added":
            return {"holder": self.holders.get(data["holder_id"]), **self._code(data["code"])}
        if effect.kind in ("code.unpublished", "referral.voided", "holder.removed"):
            return {"holder": None, **self._code(data["code"])}
        return {}

    def _points(self, data: JsonObject) -> JsonObject:
        body: JsonObject = {"holder": self.customer, **self._code(data["card"])}
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
            "customer": self.customer,
            "referral": self._code(codes["referral"]) if "referral" in codes else None,
            "loyalty": self._code(codes["loyalty"]) if "loyalty" in codes else None,
        }

    def _event_of(self, event_id: UUID) -> JsonObject:
        """The event behind an effect; its id alone where its month was dropped from the log."""
        event = self.events.get(event_id)
        return self._event(event) if event else {"id": public_id("event", event_id), "object": "event"}

    def _event(self, event: Event) -> JsonObject:
        codes: JsonObject = event.codes
        return {
            "id": event.public_id,
            "object": "event",
            "type": event.name,
            "customer": {"id": public_id("cust", event.customer_id)},
            "referral": {"code": codes["referral"]} if "referral" in codes else None,
            "loyalty": {"code": codes["loyalty"]} if "loyalty" in codes else None,
            "metadata": event.metadata,
            "created_at": event.received_at,
        }

    def _code(self, code: str) -> JsonObject:
        voucher = self.vouchers.get(code)
        return {"voucher": voucher, "campaign": self.campaigns.get(voucher["campaign_id"]) if voucher else None}

    def _load_campaigns(self, effects: Sequence[StoredEffect], vouchers: Sequence[Voucher]) -> JsonObject:
        keys = _keys(effects, "campaign_id", "camp")
        keys |= {voucher.campaign_id for voucher in vouchers if voucher.campaign_id}
        return {body["id"]: body for body in render_campaigns(list(Campaign.objects.filter(pk__in=keys)))}


def _codes(entry: Entry) -> list[str]:
    named: list[Any] = (
        list(entry.codes.values()) if isinstance(entry, Event) else [entry.data.get("code"), entry.data.get("card")]
    )
    return [code for code in named if code is not None]


def _keys(effects: Sequence[StoredEffect], name: str, prefix: str) -> set[UUID]:
    keys = (parse_public_id(prefix, effect.data.get(name)) for effect in effects)
    return {key for key in keys if key is not None}
