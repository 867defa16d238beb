"""The forms of webhooks, and of trying one."""

from typing import Any

from django import forms

from events.models import Event
from projects.forms import DomainForm
from projects.pages import RowForm
from webhooks.event_types import GROUPS
from webhooks.models import Webhook


class WebhookForm(DomainForm):
    events = forms.MultipleChoiceField(
        label="Event types",
        choices=[(title, [(name, name) for name in sorted(names)]) for title, names in GROUPS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text="What the address hears of.",
    )

    class Meta:
        model = Webhook
        fields = ["project", "target_url", "active", "events"]


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
        field.queryset = own.filter(pk__in=latest).order_by("-id").select_related("customer")
        field.label_from_instance = _event_label


def _event_label(event: Event) -> str:
    return f"{event.name} by {event.customer}, {event.received_at:%Y-%m-%d %H:%M} UTC"
