"""What a distribution would tell of something that happened, for whoever writes its texts; nothing is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.codes import new_voucher, random_code
from campaigns.models import Publication
from campaigns.publishing import AUTOMATIC
from common.ids import first_key_at, public_id
from common.jsons import JsonObject, JsonValue, dumps
from customers.models import Customer
from distributions.channels.base import HandOver
from distributions.models import Delivery, Distribution, Trigger
from distributions.telling import data_of
from events.models import Event, StoredEffect
from eventschema.schema import schemas_of
from webhooks.templates import template_errors

# How far back something like the trigger is looked for.
LATELY = timedelta(days=30)
DEEPEST, MOST_VALUES, LONGEST_EXAMPLE = 4, 200, 60
FIRST = ("code", "customer", "event", "segment", "trigger", "campaign", "voucher")
NOTHING = "–"
# Made up, where nothing has happened yet.
NOBODY = {"source_id": "ann", "name": "Ann Example", "email": "ann@shop.example"}
EFFECTS: dict[str, JsonObject] = {
    Trigger.REFERRAL_CONVERTED: {"code": "EXAMPLE"},
    Trigger.POINTS_EARNED: {"points": 10},
}
PROPERTIES: dict[str, JsonValue] = {
    "number": 12,
    "boolean": True,
    "date": "2026-01-31",
    "datetime": "2026-01-31T10:00:00Z",
    "image_url": "https://shop.example/picture.png",
    "object": {},
}


@dataclass(frozen=True, slots=True)
class Sample:
    """Data for templates, personal properties masked. `about` says in a sentence where it is from."""

    delivery: Delivery
    publication: Publication | None
    data: JsonObject
    about: str
    # Properties that the event may have, and this one has not.
    missing: Sequence[str] = field(default_factory=tuple)

    def hand_over(self, channel: JsonObject) -> HandOver:
        delivery = self.delivery
        return HandOver(delivery, delivery.distribution, delivery.customer, self.publication, channel, 0)

    def values(self) -> list[tuple[str, str]]:
        """(path, example) of what templates may use."""
        leaves = [leaf for name in self._parts() for leaf in _leaves(self.data[name], name, 1)]
        found = [(path, _in_short(value)) for path, value in leaves if not path.endswith(".object")]
        found += [(f"event.metadata.{name}", NOTHING) for name in self.missing]
        return [(path, text) for path, text in found if not template_errors(f"{{{{{path}}}}}")][:MOST_VALUES]

    def _parts(self) -> list[str]:
        """What texts use most often first; not what this one has nothing of."""
        present = [name for name, value in self.data.items() if value is not None]
        return [*(name for name in FIRST if name in present), *(name for name in present if name not in FIRST)]


def sample_of(distribution: Distribution, now: datetime) -> Sample:
    """For a distribution that need not be stored; a fixed number of statements."""
    cause = _latest_cause(distribution, now)
    stand_in = cause or _latest_event(distribution, now)
    customer = stand_in.customer if stand_in else Customer(project=distribution.project, **NOBODY)
    delivery = _delivery(distribution, cause, customer, now)
    publication = _publication(distribution, customer, now)
    item = HandOver(delivery, distribution, customer, publication, {}, 0)
    (data,) = data_of()(distribution.project, [item], masked=True)
    missing = _complete(distribution, data)
    return Sample(delivery, publication, data, _about(cause, stand_in), missing)


def _latest_cause(distribution: Distribution, now: datetime) -> Event | StoredEffect | None:
    if distribution.trigger == Trigger.CUSTOM_EVENT:
        events = Event.objects.filter(definition=distribution.definition, customer__deleted_at=None)
        return events.filter(project=distribution.project).select_related("customer").order_by("-occurred_at").first()
    effects = StoredEffect.objects.filter(project=distribution.project, kind=distribution.trigger)
    lately = effects.filter(pk__gte=first_key_at(now - LATELY), customer__deleted_at=None)
    return lately.select_related("customer").order_by("-pk").first()


def _latest_event(distribution: Distribution, now: datetime) -> Event | None:
    """Of any kind, for its customer."""
    events = Event.objects.filter(project=distribution.project, customer__deleted_at=None)
    return events.filter(pk__gte=first_key_at(now - LATELY)).select_related("customer").order_by("-pk").first()


def _delivery(
    distribution: Distribution, cause: Event | StoredEffect | None, customer: Customer, now: datetime
) -> Delivery:
    told = cause.data if isinstance(cause, StoredEffect) else EFFECTS.get(distribution.trigger, {})
    return Delivery(
        project=distribution.project,
        distribution=distribution,
        customer=customer,
        event_id=cause.pk if isinstance(cause, Event) else cause.event_id if cause else None,
        # The segment is known, whoever entered which one last.
        data={"segment": public_id("seg", distribution.segment_id)} if distribution.segment_id else told,
        caused_at=now,
        created_at=now,
        due_at=now,
    )


def _publication(distribution: Distribution, customer: Customer, now: datetime) -> Publication | None:
    """Of a code as the campaign makes them, which is nobody's."""
    campaign = distribution.campaign
    if campaign is None:
        return None
    code = random_code(campaign.code_config)
    voucher = new_voucher(distribution.project, campaign, code, code)
    voucher.holder = customer
    return Publication(
        project=distribution.project, voucher=voucher, customer=customer, channel=AUTOMATIC, created_at=now
    )


def _complete(distribution: Distribution, data: JsonObject) -> list[str]:
    """Makes up an event where there is none; the properties that a real one lacks."""
    definition = distribution.definition
    schema = schemas_of(distribution.project).get(definition.name) if definition else None
    if definition is None or schema is None:
        return []
    specs = {spec.name: spec for spec in schema.specs if not spec.deleted}
    if data["event"] is None:
        made_up = {name: PROPERTIES.get(spec.type, f"some {name}") for name, spec in specs.items()}
        data["event"] = {"type": definition.name, "metadata": made_up}
    return [name for name in specs if name not in data["event"]["metadata"]]


def _about(cause: Event | StoredEffect | None, stand_in: Event | StoredEffect | None) -> str:
    if stand_in is None:
        return "Nothing has happened yet, so this is made up."
    if cause is None:
        return f"This has not happened yet: filled with {stand_in.customer}, and made up beside."
    at = cause.received_at if isinstance(cause, Event) else cause.created_at
    return f"Filled with what happened to {cause.customer} on {at:%Y-%m-%d at %H:%M} UTC."


def _in_short(value: JsonValue) -> str:
    return NOTHING if value in (None, "", {}, []) else dumps(value).strip('"')[:LONGEST_EXAMPLE]


def _leaves(value: JsonValue, path: str, depth: int) -> Iterator[tuple[str, JsonValue]]:
    """Whatever a path leads to that is no object; of lists the first item."""
    if isinstance(value, list) and value:
        value = {"0": value[0]}
    if not isinstance(value, dict) or depth == DEEPEST or not value:
        yield path, value
        return
    for name, item in value.items():
        if "." not in name:
            yield from _leaves(item, f"{path}.{name}" if path else name, depth + 1)
