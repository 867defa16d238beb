"""The timeline on an event's page: what it did, what declined it, what failed on it, whether it was voided."""

from collections.abc import Iterator, Sequence

from django.contrib import admin
from django.utils.html import format_html

from common.jsons import dumps
from events.admin_trace import Names, details, effect_in_words, reason_in_words
from events.models import Event, EventVoid, RejectedEvent, StoredEffect
from events.tracing import failures_of, void_of
from projects.pages import Cell, Link, Step, Timeline, change_link, moment

SKIP_KINDS = {"earning_rule": "Earning rule", "referral": "Referral code", "chain": "Chain of effects"}


def timeline_of(event: Event) -> Timeline:
    """Everything that is kept about the event, in the order in which it happened."""
    effects = list(StoredEffect.objects.filter(event_id=event.pk).select_related("customer").order_by("pk"))
    rows: list[StoredEffect | RejectedEvent] = [*effects, *failures_of(event.project, event.pk)]
    # Keys are in the order of time, across both tables.
    rows.sort(key=lambda row: row.pk)
    names = Names(event.project, effects)
    void = void_of(event.project, event.pk)
    return Timeline("What came of it", [_accepted(event), *_steps(rows, names, void)])


def _accepted(event: Event) -> Step:
    return Step("accepted", "Stored", f"Came by {event.channel}, {_checked_by(event)}.", at=event.received_at)


def _checked_by(event: Event) -> str:
    return f"checked by version {event.version} of {event.name}" if event.version else "without a definition"


def _steps(rows: Sequence[StoredEffect | RejectedEvent], names: Names, void: EventVoid | None) -> Iterator[Step]:
    """The steps of the rows; that the event was voided stands before what its voiding made true."""
    for row in rows:
        if void is not None and isinstance(row, StoredEffect) and row.cause_kind != "event":
            yield _voided(void)
            void = None
        yield from _of_row(row, names)
    if void is not None:
        yield _voided(void)


def _of_row(row: StoredEffect | RejectedEvent, names: Names) -> Iterator[Step]:
    if isinstance(row, RejectedEvent):
        yield _failed(row)
    elif row.kind == StoredEffect.DECLINED:
        for skip in row.data["skipped"]:
            yield _declined(names, skip["kind"], skip["id"], skip["reason"])
    else:
        whom = change_link("customers_customer", row.customer_id, str(row.customer))
        yield Step("effect", effect_in_words(row), details(names, row), whom, row.kind, row.created_at)


def _declined(names: Names, kind: str, name: str, reason: str) -> Step:
    which = names.shown("code" if kind == "referral" else "id", name)
    label = SKIP_KINDS.get(kind, kind.capitalize())
    title: Cell = Link(f"{label} {which.text}", which.url) if isinstance(which, Link) else f"{label} {which}"
    return Step("declined", title, reason_in_words(reason), word=reason)


def _failed(failure: RejectedEvent) -> Step:
    name = failure.reaction.rpartition(".")[2]
    said = "; ".join(str(error.get("message") or error.get("code")) for error in failure.errors)
    tries = f"{failure.attempts} tries" if failure.attempts > 1 else "1 try"
    fate = f"done at last on {moment(failure.replayed_at)}" if failure.replayed_at else "waits to be replayed"
    title = rejected_link(failure, name) or name
    return Step("failed", title, f"{said} ({tries}; {fate})", word=failure.cause, at=failure.created_at)


def rejected_link(row: RejectedEvent, text: str) -> Link | None:
    """A link to a rejected event's page, where the admin has one."""
    if not admin.site.is_registered(RejectedEvent):
        return None
    return change_link("events_rejectedevent", row.pk, text)


def _voided(void: EventVoid) -> Step:
    said = [f"By {void.actor}.", f"“{void.reason}”" if void.reason else ""]
    said.append(f"{void.shortfall} points could not be taken back." if void.shortfall else "")
    said.append(f"What came later stands: {dumps(void.affected_later)}" if void.affected_later else "")
    return Step("voided", "Taken back", format_html("{}", " ".join(filter(None, said))), at=void.voided_at)
