"""What came of events, in words and with links, for people who ask why a customer has which points."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.contrib import admin
from django.db.models import Model
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from campaigns.codes import find_by_codes
from campaigns.models import Campaign
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject, JsonValue, dumps
from customers.models import Customer
from distributions.models import Distribution
from events.chain import Effect
from events.models import RejectedEvent, StoredEffect
from events.reasons import Reason
from loyalty.models import EarningRule
from projects.models import Project
from projects.pages import Cell, Link, anchor, change_link
from referrals.models import ReferralTier
from rules.models import ValidationRule
from segments.models import Segment

# By the prefix of public ids: the rows that people know by name, and the pages that show what an id names.
NAMED: dict[str, type[Model]] = {
    "cust": Customer,
    "camp": Campaign,
    "ern": EarningRule,
    "seg": Segment,
    "distr": Distribution,
    "val": ValidationRule,
    "rtier": ReferralTier,
}
PAGES = {
    "cust": "customers_customer",
    "camp": "campaigns_campaign",
    "ern": "loyalty_earningrule",
    "conv": "referrals_conversion",
    "pub": "campaigns_publication",
    "vtx": "loyalty_ledgerentry",
    "event": "events_event",
    "seg": "segments_segment",
    "distr": "distributions_distribution",
    "dlv": "distributions_delivery",
    "val": "rules_validationrule",
}
# Codes in effects, and the pages that show them: a card is the code of the same key.
CODE_PAGES = {"code": "campaigns_voucher", "card": "loyalty_loyaltycard"}

EFFECTS = {
    "customer.created": "Customer created",
    "customer.updated": "Customer updated",
    "customer.deleted": "Customer deleted",
    "code.published": "Code given",
    "code.unpublished": "Code taken back",
    "delivery.cancelled": "Delivery cancelled",
    "delivery.scheduled": "Delivery scheduled",
    "holder.added": "Referee added",
    "holder.removed": "Referee removed",
    "points.added": "Points added by hand",
    "points.earned": "Points earned",
    "points.removed": "Points removed by hand",
    "points.reversed": "Points taken back",
    "referral.converted": "Referral counted",
    "referral.voided": "Referral no longer counted",
    "reward.granted": "Reward granted",
    "reward.revoked": "Reward taken back",
    "segment.entered": "Entered a segment",
    "segment.left": "Left a segment",
}

REASONS: dict[str, str] = {
    Reason.NOT_A_REFERRAL_CODE: "The code that came with the event is no referral code.",
    Reason.NOT_CONVERSION_EVENT: "The code's programme waits for another event.",
    Reason.CAMPAIGN_INACTIVE: "The campaign is switched off.",
    Reason.OUTSIDE_WINDOW: "The event happened outside the time in which the campaign or rule runs.",
    Reason.CODE_DISABLED: "The code is switched off.",
    Reason.CODE_EXPIRED: "The code is not valid at the time of the event.",
    Reason.NOT_PUBLISHED: "Nobody was given the code yet, so there is no referrer.",
    Reason.SELF_REFERRAL: "The customer used their own code.",
    Reason.ALREADY_REFERRED: "The programme counted this customer before.",
    Reason.CLIENT_EARNING_OFF: "The event came from a browser, and the project lets browsers earn nothing.",
    Reason.RULE_INACTIVE: "The rule is switched off.",
    Reason.OTHER_CARD: "The event named a card of another programme.",
    Reason.NO_CARD: "The customer has no card of this programme, and got none.",
    Reason.PROPERTY_MISSING: "The event did not bring the number that the rule counts.",
    Reason.CONDITION_NOT_MET: "The number is too small for a single step.",
    Reason.POINTS_OUT_OF_RANGE: "The points are more than a card can hold.",
    Reason.CAP_REACHED: "The customer got as much of it as the limit lets through.",
    Reason.DEPTH_LIMIT: "Too many things followed from one another; the chain was stopped here.",
}


class Names:
    """What the ids in effects are called; one statement for each kind of thing that they mention."""

    def __init__(self, project: Project, effects: Iterable[StoredEffect | Effect]) -> None:
        said = [effect.data for effect in effects]
        self._codes = find_by_codes(project, sorted(_codes(said)))
        keys: defaultdict[str, set[UUID]] = defaultdict(set)
        for text in _texts(said):
            prefix = text.split("_", 1)[0]
            key = parse_public_id(prefix, text) if prefix in NAMED else None
            if key:
                keys[prefix].add(key)
        self._names: dict[tuple[str, UUID], str] = {}
        for prefix, wanted in keys.items():
            rows = NAMED[prefix]._default_manager.filter(project=project, pk__in=wanted)
            self._names |= {(prefix, row.pk): str(row) for row in rows}

    def link(self, text: str) -> Link | None:
        """A link to what a public id names; None where the text is no id with a page."""
        prefix = text.split("_", 1)[0]
        key = parse_public_id(prefix, text) if prefix in PAGES else None
        return change_link(PAGES[prefix], key, self.name(text)) if key else None

    def name(self, text: str) -> str:
        """What a public id names; the text where that is not known."""
        prefix = text.split("_", 1)[0]
        key = parse_public_id(prefix, text) if prefix in NAMED else None
        return self._names.get((prefix, key), text) if key else text

    def shown(self, name: str, value: JsonValue) -> Cell:
        if not isinstance(value, str):
            return dumps(value)
        if name not in CODE_PAGES:
            return self.link(value) or self.name(value)
        voucher = self._codes.get(value)
        return change_link(CODE_PAGES[name], voucher.pk, value) if voucher else value


def _codes(said: Iterable[Mapping[str, JsonValue]]) -> set[str]:
    """The codes that effects name, and those of the referrals that were declined."""
    named = {data[name] for data in said for name in CODE_PAGES if isinstance(data.get(name), str)}
    skips = [skip for data in said for skip in data.get("skipped", ())]
    return named | {skip["id"] for skip in skips if skip["kind"] == "referral"}


def _texts(value: JsonValue) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def effect_in_words(effect: StoredEffect | Effect) -> str:
    return EFFECTS.get(effect.kind, effect.kind)


def details(names: Names, effect: StoredEffect | Effect) -> SafeString:
    """`points: 20, card: L-1, rule: Welcome, transaction`: what has a page linked, what has no name by its kind."""
    own = public_id("cust", effect.customer_id)
    return details_of(names, {name: value for name, value in effect.data.items() if value != own})


def details_of(names: Names, data: JsonObject) -> SafeString:
    said = {name: value for name, value in data.items() if value is not None}
    return format_html_join(", ", "{}{}", [_detail(names, name, value) for name, value in said.items()])


def _detail(names: Names, name: str, value: JsonValue) -> tuple[str, str]:
    label, cell = name.removesuffix("_id").replace("_", " "), names.shown(name, value)
    if not isinstance(cell, Link):
        return f"{label}: ", cell
    is_named = cell.text != value or name in CODE_PAGES
    return (f"{label}: ", anchor(cell)) if is_named else ("", anchor(Link(label, cell.url)))


def rejected_link(row: RejectedEvent, text: str) -> Link | None:
    """A link to a rejected event's page: there is one as long as it waits."""
    if row.replayed_at or not admin.site.is_registered(RejectedEvent):
        return None
    return change_link("events_rejectedevent", row.pk, text)


def reason_in_words(reason: str) -> str:
    return REASONS.get(reason, reason)
