"""The form of webhooks."""

from typing import Any

from django import forms

from projects.forms import DomainForm
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
