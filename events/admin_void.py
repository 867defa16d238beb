"""Voiding an event in the admin: a page that says what would be reversed, asks, and does it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import HttpRequest

from common.ids import parse_public_id
from common.jsons import JsonObject
from events.admin_trace import effect_in_words
from events.models import Event, EventVoid, StoredEffect
from events.voiding import preview_void, void_event
from projects.models import Role
from projects.pages import Cell, Panel, RowForm, RowPage, change_link, moment, new_group_id
from projects.scoping import actor_of

LATER = {
    "card.used": "The card that the event opened was used since; it stays.",
    "code.used": "The code that the event brought is in use; it stays.",
    "points.spent": "Points of the event were spent.",
    "referral.declined": "A later event was not counted, since the referral was counted already.",
}


class VoidForm(RowForm):
    """Asks for a reason and, where points are spent, for the will to leave them; `panels` say what would happen."""

    reason = forms.CharField(max_length=500, required=False, help_text="Kept with the event.")
    force = forms.BooleanField(required=False, label="Take what is left")

    def __init__(self, row: Event, *args: Any, **options: Any) -> None:
        super().__init__(row, *args, **options)
        preview = preview_void(row.project, row, now=datetime.now(UTC))
        self.panels = [_reversed(preview.effects), _later(preview.void.affected_later)]
        if preview.void.shortfall:
            self.fields["force"].help_text = (
                f"{preview.void.shortfall} points are spent already. Without this nothing is voided; "
                "with it the customer keeps them."
            )
        else:
            del self.fields["force"]


def _void(request: HttpRequest, event: Any, form: Any) -> str:
    said, group_id = form.cleaned_data, new_group_id()
    voided = void_event(
        event.project,
        event,
        reason=said["reason"],
        force=said.get("force", False),
        by=actor_of(request),
        group_id=group_id,
        now=datetime.now(UTC),
    )
    if voided.void.group_id != group_id:
        return f"The event was voided before, by {voided.void.actor}."
    missing = voided.void.shortfall
    return f"The event is void. {missing} points were spent and stay." if missing else "The event is void."


def mark_voids(events: Sequence[Any]) -> None:
    """Tells each event whether and when it was taken back, as `event.void` (one statement)."""
    voids = EventVoid.objects.in_bulk([event.pk for event in events])
    for event in events:
        event.void = voids.get(event.pk)


def voided_in_words(event: Any) -> str:
    return moment(event.void.voided_at) if event.void else ""


VOID_PAGE = RowPage(
    Role.MARKETER,
    VoidForm,
    "Void this event",
    "Void",
    _void,
    "What the event did is reversed; the event itself stays in the log. This cannot be undone.",
)


def _reversed(effects: Sequence[JsonObject]) -> Panel:
    rows: list[list[Cell]] = [
        [effect_in_words(StoredEffect(kind=effect["kind"])), _about(effect)] for effect in effects
    ]
    return Panel("What is reversed", ["Effect", "Details"], rows, empty="The event did nothing that can be reversed.")


def _later(affected: Sequence[JsonObject]) -> Panel:
    rows: list[list[Cell]] = [[LATER.get(str(item["kind"]), ""), _about(item), _event(item)] for item in affected]
    return Panel("What stands", ["Decision", "Details", "Event"], rows, empty="Nothing later depends on the event.")


def _event(item: JsonObject) -> Cell:
    key = parse_public_id("event", item.get("event"))
    return change_link("events_event", key, item["event"]) if key else "–"


def _about(item: JsonObject) -> str:
    shown = {name: item.get(name) for name in ("points", "amount", "card", "code") if item.get(name)}
    return ", ".join(f"{name}: {value}" for name, value in shown.items())
