"""The forms of webhooks, and of trying one."""

from typing import Any

from django import forms

from events.models import Event
from projects.forms import DomainForm
from projects.pages import RowForm
from webhooks.event_types import GROUPS, NOT_YET
from webhooks.models import Webhook


class WebhookForm(DomainForm):
    events = forms.MultipleChoiceField(
        label="Event types",
        widget=forms.CheckboxSelectMultiple,
        help_text="What the address hears of.",
    )

    class Meta:
        model = Webhook
        fields = ["project", "target_url", "active", "events"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        events: Any = self.fields["events"]
        events.choices = list(_choices(set(self.instance.events)))


def _choices(chosen: set[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The types that there are causes of, under their headings; and others that were chosen by a call, marked so."""
    headed = [
        (title, [(name, _label(name)) for name in sorted(names) if name not in NOT_YET or name in chosen])
        for title, names in GROUPS.items()
    ]
    return [(title, choices) for title, choices in headed if choices]


def _label(name: str) -> str:
    return f"{name} (not yet)" if name in NOT_YET else name


LATEST = 50


class TestForm(RowForm):
    """Offers the latest events of the webhook's project."""

    event = forms.ModelChoiceField(
        Event.objects.none(),
        empty_label=None,
        help_text="One of the latest. Where there is none, send one by the API or on the page of its definition.",
    )

    def __init__(self, row: Webhook, *args: Any, **options: Any) -> None:
        super().__init__(row, *args, **options)
        own = Event.objects.filter(project=row.project_id)
        latest = list(own.order_by("-id").values_list("pk", flat=True)[:LATEST])
        field: Any = self.fields["event"]
        field.empty_label = None if latest else "No event was received yet"
        field.queryset = own.filter(pk__in=latest).order_by("-id").select_related("customer")
        field.label_from_instance = _event_label


def _event_label(event: Event) -> str:
    return f"{event.name} by {event.customer}, {event.received_at:%Y-%m-%d %H:%M} UTC"
