"""The form of webhooks."""

from django import forms

from projects.forms import DomainForm
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
