"""The timeline on an event's page: what it did, what declined it, what failed on it, whether it was voided."""

from collections.abc import Iterator, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from common.jsons import JsonObject
from events.admin_trace import Names, details, details_of, effect_in_words, reason_in_words, rejected_link
from events.admin_void import LATER
from events.models import Event, EventVoid, RejectedEvent, StoredEffect
from events.tracing import failures_of
from projects.pages import Cell, Link, Step, Timeline, anchor, change_link, moment

SKIP_KINDS = {
    "earning_rule": "Earning rule",
    "referral": "Referral code",
    "distribution": "Distribution",
    "chain": "Chain of effects",
}


def timeline_of(event: Event, void: EventVoid | None) -> Timeline:
    """Everything that is kept about the event, in the order in which it happened."""
    effects = list(StoredEffect.objects.filter(event_id=event.pk).select_related("customer").order_by("pk"))
    rows: list[StoredEffect | RejectedEvent] = [*effects, *failures_of(event.project, event.pk)]
    # Keys are in the order of time, across both tables.
    rows.sort(key=lambda row: row.pk)
    names = Names(event.project, effects)
    return Timeline("What came of it", [_accepted(event), *_steps(rows, names, void)])


def _accepted(event: Event) -> Step:
    return Step("accepted", "Stored", f"Came by {event.channel}, {_checked_by(event)}.", at=event.received_at)


def _checked_by(event: Event) -> str:
    return f"checked by version {event.version} of {event.name}" if event.version else "without a definition"


def _steps(rows: Sequence[StoredEffect | RejectedEvent], names: Names, void: EventVoid | None) -> Iterator[Step]:
    """The steps of the rows; that the event was voided stands before what its voiding made true."""
    for row in rows:
        if void is not None and isinstance(row, StoredEffect) and row.cause_kind != "event":
            yield _voided(names, void)
            void = None
        yield from _of_row(row, names)
    if void is not None:
        yield _voided(names, void)


def _of_row(row: StoredEffect | RejectedEvent, names: Names) -> Iterator[Step]:
    if isinstance(row, RejectedEvent):
        yield _failed(row)
    elif row.kind == StoredEffect.DECLINED:
        for skip in row.data["skipped"]:
            yield declined(names, skip)
    else:
        whom = change_link("customers_customer", row.customer_id, str(row.customer))
        yield Step("effect", effect_in_words(row), details(names, row), whom, row.kind, row.created_at)


def declined(names: Names, skip: JsonObject) -> Step:
    """That a rule or a code looked at the event and declined (events.chain.Skip)."""
    kind, name, reason = skip["kind"], skip["id"], skip["reason"]
    which = names.shown("code" if kind == "referral" else "id", name)
    label = SKIP_KINDS.get(kind, kind.capitalize())
    title: Cell = Link(f"{label} {which.text}", which.url) if isinstance(which, Link) else f"{label} {which}"
    return Step("declined", title, _why(names, skip), word=reason)


def _why(names: Names, skip: JsonObject) -> str:
    """The reason; where a validation rule did not hold, with a link to it."""
    if not skip.get("validation_rule"):
        return reason_in_words(skip["reason"])
    rule = names.shown("id", skip["validation_rule"])
    return format_html("The validation rule {} does not hold.", anchor(rule) if isinstance(rule, Link) else rule)


def _failed(failure: RejectedEvent) -> Step:
    name = failure.reaction.rpartition(".")[2]
    said = "; ".join(str(error.get("message") or error.get("code")) for error in failure.errors)
    tries = f"{failure.attempts} tries" if failure.attempts > 1 else "1 try"
    title = rejected_link(failure, name) or name
    return Step("failed", title, f"{said} ({tries}; {_fate(failure)})", word=failure.cause, at=failure.created_at)


def _fate(failure: RejectedEvent) -> str:
    if failure.replayed_at is None:
        return "waits to be replayed"
    # Who voids an event leaves nothing to be done about it.
    fate = "done at last" if failure.replayed_as else "no longer to be done"
    return f"{fate} on {moment(failure.replayed_at)}"


def _voided(names: Names, void: EventVoid) -> Step:
    said = [format_html("By {}.", void.actor)]
    if void.reason:
        said.append(format_html("“{}”", void.reason))
    if void.shortfall:
        said.append(format_html("{} points could not be taken back.", void.shortfall))
    if void.affected_later:
        said.append(mark_safe("What came later stands:"))
    for item in void.affected_later:
        words = LATER.get(item["kind"], item["kind"]).removesuffix(".")
        said.append(format_html("{} ({}).", words, later_details(names, item)))
    return Step("voided", "Taken back", format_html_join(" ", "{}", [(part,) for part in said]), at=void.voided_at)


def later_details(names: Names, item: JsonObject) -> SafeString:
    # Sorted: the databases keep the names of an object in orders of their own.
    return details_of(names, {name: value for name, value in sorted(item.items()) if name != "kind"})
