"""Taking an event back: its own effects reversed by new rows, in one transaction (docs/algorithms/voiding.md)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from common.refusals import Refusal
from common.transactions import BeginAnew, run_in_transaction
from customers.models import Customer
from events.chain import Cause, Undoing, Undone, load_reactions, run_chain
from events.models import Event, EventVoid, StoredEffect
from events.telling import tell_of_voiding
from projects.audit import Actor
from projects.models import Project

VOIDED = "event.voided"


class PointsAlreadySpent(Refusal):
    """Points that the event brought are spent, and cannot be taken back without `force`."""

    key = "points_already_spent"
    message = "Points already spent"


@dataclass(frozen=True, slots=True)
class Voided:
    """An event that was taken back, and the effects that reverse its own, in order, as JSON: {"kind", …}."""

    event: Event
    void: EventVoid
    effects: Sequence[JsonObject]


@dataclass(frozen=True, slots=True)
class _Request:
    """How an event is to be voided, when, and by whom."""

    now: datetime
    force: bool
    reason: str = ""
    by: Actor | None = None
    group_id: str = ""


def void_event(
    project: Project, event: Event, *, reason: str, force: bool, by: Actor, group_id: str, now: datetime
) -> Voided:
    """Takes the event back, or answers what came of it when it was taken back before, whatever is asked for now.

    Raises PointsAlreadySpent where points are spent, unless `force` leaves them to the customer.
    """
    asked_for = _Request(now, force, reason, by, group_id)
    return run_in_transaction(lambda: _void(project, event, asked_for))


def preview_void(project: Project, event: Event, *, now: datetime) -> Voided:
    """What voiding the event by force would come to; nothing is written."""

    def void_and_forget() -> Voided:
        voided = _void(project, event, _Request(now, force=True))
        transaction.set_rollback(True)
        return voided

    return run_in_transaction(void_and_forget)


def reversing_effects(event: Event) -> list[JsonObject]:
    """What taking the event back made true, in order (one statement)."""
    rows = StoredEffect.objects.filter(event_id=event.pk, cause_kind=VOIDED).exclude(kind=StoredEffect.DECLINED)
    return [{"kind": row.kind, **row.data} for row in rows.order_by("seq")]


def _void(project: Project, event: Event, asked_for: _Request) -> Voided:
    effects = _locked_effects(project, event)
    earlier = EventVoid.objects.filter(pk=event.pk).first()
    if earlier is not None:
        return Voided(event, earlier, reversing_effects(event))
    cause = Cause(
        VOIDED,
        event.pk,
        asked_for.now,
        event.customer_id,
        about_event=event.pk,
        about_definition=event.definition_id,
    )
    undone = _undo(project, cause, effects, asked_for.now)
    if undone.missing and not asked_for.force:
        raise _spent(event, undone.missing)
    void = _keep(project, event, undone, asked_for)
    told = _tell(project, cause, effects, undone, void, asked_for.by)
    if asked_for.by is not None:
        tell_of_voiding(project, event, by=asked_for.by, group_id=void.group_id, now=void.voided_at)
    return Voided(event, void, told)


def _locked_effects(project: Project, event: Event) -> list[StoredEffect]:
    """What the event made true, in order; whoever it names is locked, in key order (docs/adr/0001)."""
    named = _people(event, _effects_of(project, event))
    # list(): a lazy lock locks nothing.
    list(Customer.objects.select_for_update(no_key=True).filter(project=project, pk__in=named).order_by("pk"))
    effects = _effects_of(project, event)
    if not _people(event, effects) <= named:
        raise BeginAnew  # A failed reaction was made up for meanwhile, and names somebody else.
    return effects


def _effects_of(project: Project, event: Event) -> list[StoredEffect]:
    return list(StoredEffect.objects.filter(project=project, event_id=event.pk).order_by("seq"))


def _people(event: Event, effects: Iterable[StoredEffect]) -> set[UUID]:
    """The customer of the event, and everybody whom its effects name."""
    people = {event.customer_id}
    for effect in effects:
        people.add(effect.customer_id)
        keys = [parse_public_id("cust", value) for value in effect.data.values()]
        people.update(key for key in keys if key is not None)
    return people


def _undo(project: Project, cause: Cause, effects: Sequence[StoredEffect], now: datetime) -> Undone:
    """What every reaction undid, the last one first."""
    undoing = Undoing(project, now, cause, [effect for effect in effects if effect.kind != StoredEffect.DECLINED])
    parts = [reaction.undo(undoing) for reaction in reversed(load_reactions())]
    return Undone(
        [effect for part in parts for effect in part.effects],
        sum(part.missing for part in parts),
        _told_once(item for part in parts for item in part.later),
    )


def _told_once(later: Iterable[JsonObject]) -> list[JsonObject]:
    """Each later decision once: what spent the event's points is not told as a use of their card besides."""
    told: dict[tuple[object, ...], JsonObject] = {}
    for item in later:
        name = (item["kind"], item.get("transaction"), item.get("event"), item.get("code"))
        if name in told and item["kind"] == "points.spent":
            told[name] = {**item, "points": told[name]["points"] + item["points"]}
        else:
            told[name] = item
    spendings = {item["transaction"] for item in told.values() if item["kind"] == "points.spent"}
    return [item for item in told.values() if item["kind"] != "card.used" or item["transaction"] not in spendings]


def _keep(project: Project, event: Event, undone: Undone, asked_for: _Request) -> EventVoid:
    """Writes that the event is void. Who makes up for failed reactions looks here, under the same locks."""
    return EventVoid.objects.create(
        event_id=event.pk,
        project=project,
        reason=asked_for.reason,
        forced=asked_for.force,
        shortfall=undone.missing,
        affected_later=list(undone.later),
        actor=asked_for.by.name[:200] if asked_for.by else "",
        group_id=asked_for.group_id,
        voided_at=asked_for.now,
    )


def _tell(
    project: Project,
    cause: Cause,
    effects: Sequence[StoredEffect],
    undone: Undone,
    void: EventVoid,
    by: Actor | None,
) -> list[JsonObject]:
    """Hands the voiding and its reversing effects to the chain, which keeps them after the event's own; all that came
    of it.
    """
    first_seq = {cause.id: effects[-1].seq + 1 if effects else 0}
    journal = run_chain(
        project,
        [cause],
        now=void.voided_at,
        group_id=void.group_id,
        by=by,
        already=undone.effects,
        first_seq=first_seq,
    )
    return [effect.as_json() for effect in journal.effects_of(cause.id)]


def _spent(event: Event, points: int) -> PointsAlreadySpent:
    return PointsAlreadySpent(
        f"{points} of the points that the event brought are spent; with force the rest is taken back",
        resource_type="event",
        resource_id=public_id("event", event.pk),
    )
