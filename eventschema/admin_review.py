"""The page between a draft and its publication: what it changes, whom that would have refused, who uses it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from common.ids import public_id
from common.jsons import JsonObject, canonical
from common.refusals import Conflict, Refusal
from common.theme import dress
from events.against import MOST_OF_A_PERIOD, NEWEST, Period, preview_against
from eventschema.admin_finding import find_definition
from eventschema.admin_usage import used_by_panel
from eventschema.comparing import Change, breaking
from eventschema.drafting import draft_changes, draft_differs, draft_snapshot
from eventschema.models import EventDefinition
from eventschema.previewing import Breakage, Preview
from eventschema.publishing import publish
from eventschema.spec import specs_of
from eventschema.usage import unserved
from projects.access import access_of
from projects.forms import sentence_of
from projects.models import Role
from projects.pages import Cell, Link, Panel, change_link, page_context
from projects.scoping import actor_of

# Years in which an event can be; the ends of the calendar cannot be reckoned with.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
MOMENT = timedelta(microseconds=1)


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
    )


class PeriodForm(forms.Form):
    """Days in the project's time zone, both included."""

    start = _day("From")
    end = _day("To")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        dress(self)

    def period(self, definition: EventDefinition) -> Period:
        if not self.is_valid():
            return Period()
        start, end, zone = self.cleaned_data["start"], self.cleaned_data["end"], definition.project.zone
        return Period(
            after=datetime.combine(start, time.min, zone) - MOMENT if start else None,
            before=datetime.combine(end + timedelta(days=1), time.min, zone) if end else None,
        )


class PublishForm(forms.Form):
    """`draft` names the draft that was looked at, `confirm` says yes to its breaking changes."""

    draft = forms.CharField(widget=forms.HiddenInput, max_length=64)
    confirm = forms.BooleanField(
        label="I know what this breaks", error_messages={"required": "Tick this to publish the breaking changes."}
    )

    def __init__(self, changes: Sequence[Change], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        count = len(breaking(changes))
        if count:
            label = f"I know what this breaks: publish with {count} breaking change{'' if count == 1 else 's'}"
            self.fields["confirm"].label = label
        else:
            del self.fields["confirm"]
        dress(self)


def fingerprint(snapshot: JsonObject) -> str:
    return hashlib.sha256(canonical(snapshot).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that the page shows of a draft."""

    definition: EventDefinition
    snapshot: JsonObject
    changes: Sequence[Change]
    found: Preview
    period: Period

    @classmethod
    def of(cls, definition: EventDefinition, period: Period) -> "Review":
        snapshot = draft_snapshot(definition)
        found, changes = preview_against(definition, snapshot, period)
        return cls(definition, snapshot, changes, found, period)

    @property
    def verdict(self) -> str:
        """What was found of stored events, in a sentence."""
        what = "events of this period" if self.period.is_bounded else "newest stored events"
        if self.found.checked == MOST_OF_A_PERIOD:
            what = f"newest {what}"
        if not self.found.checked:
            return f"There are no {what}." if self.period.is_bounded else "No event of this name is stored yet."
        if not self.found.would_reject:
            return f"None of the {self.found.checked:,} {what} would have been refused."
        return f"Would have refused {self.found.in_words()} of the {what}."

    def panels(self) -> list[Panel]:
        others = [[change.sentence] for change in self.changes if not change.is_breaking]
        shown = [
            _examples(self.found) if self.found.examples else None,
            used_by_panel(self.definition, unserved(self.definition, specs_of(self.snapshot))),
            Panel("Other changes", ["Change"], others) if others else None,
        ]
        return [panel for panel in shown if panel is not None]

    def breakages(self) -> Panel:
        rows = [[item.change.sentence, f"{item.rejected:,}", _channels(item)] for item in self.found.breakages]
        return Panel("Breaking changes", ["Change", "Would have refused", "Sent by"], rows)


def review_page(admin: Any, request: HttpRequest, definition_id: UUID) -> HttpResponse:
    """`?start=` and `?end=` look at a period instead of the newest events. Raises Http404, PermissionDenied."""
    definition = find_definition(request, definition_id)
    may_publish = access_of(request).may(Role.MARKETER, definition.project_id)
    form = None
    if request.method == "POST":
        if not may_publish:
            raise PermissionDenied
        form = PublishForm(draft_changes(definition), request.POST)
        if form.is_valid():
            return _published(admin, request, definition, form)
    period_form = PeriodForm(request.GET or None)
    review = Review.of(definition, period_form.period(definition))
    if form is None:
        form = PublishForm(review.changes, initial={"draft": fingerprint(review.snapshot)})
    context = page_context(admin, request, f"Publish “{definition}”") | {
        "review": review,
        "form": form if may_publish and draft_differs(definition) else None,
        "period_form": period_form,
        "newest": f"{NEWEST:,}",
        "next_version": definition.version + 1,
        "boon_links": [Link("Back to the draft", admin.url("change", definition.pk))],
    }
    return TemplateResponse(request, "admin/eventschema/review.html", context)


def _published(admin: Any, request: HttpRequest, definition: EventDefinition, form: PublishForm) -> HttpResponse:
    """Publishes the draft that was looked at, and no other; where that is refused, the page anew with the reason."""
    snapshot = draft_snapshot(definition)
    try:
        if form.cleaned_data["draft"] != fingerprint(snapshot):
            raise Conflict("The draft was changed since you looked at it. This is how it is now.")
        version = publish(definition, by=actor_of(request), now=datetime.now(UTC), expected=snapshot)
    except Refusal as refusal:
        admin.message_user(request, sentence_of(refusal), messages.ERROR)
        return redirect(request.get_full_path())
    told = f"Version {version.version} of “{definition}” is published: events are checked by it from now on."
    admin.message_user(request, told, messages.SUCCESS)
    return redirect(admin.url("change", definition.pk))


def _examples(found: Preview) -> Panel:
    rows: list[list[Cell]] = [
        [
            change_link("events_event", example.event_id, public_id("event", example.event_id)),
            "; ".join(error.message for error in example.errors),
        ]
        for example in found.examples
    ]
    shown = f" (the newest {len(rows)})" if found.would_reject > len(rows) else ""
    return Panel(f"Events that would have been refused{shown}", ["Event", "Why"], rows)


def _channels(breakage: Breakage) -> str:
    return ", ".join(f"{channel}: {count:,}" for channel, count in breakage.by_channel.most_common())
