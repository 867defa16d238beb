"""The form of distributions: channels as cards, lengths of time as words."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q

from campaigns.models import Campaign
from common.durations import read_duration
from common.formfields import DurationField
from common.ids import parse_public_id, public_id
from common.refusals import Refusal
from distributions.admin_channels import cards_of
from distributions.checking import MOST_DELIVERIES, DistributionFields, Limit
from distributions.models import Action, Distribution, Trigger
from projects.forms import DomainForm

OF_EVENT = {"data-shown-when": f"trigger={Trigger.CUSTOM_EVENT}"}
OF_SEGMENT = {"data-shown-when": f"trigger={Trigger.SEGMENT_ENTERED}|{Trigger.SEGMENT_LEFT}"}
OF_CAMPAIGN = {
    "data-shown-when": f"trigger={Trigger.REFERRAL_CONVERTED}|{Trigger.POINTS_EARNED}|{Trigger.TIER_CHANGED}"
}
PUBLISHES = {"data-shown-when": f"action={Action.PUBLISH_CODE}"}


class DistributionForm(DomainForm):
    """`segments` and `rules` are set by the admin: (id, name) of what may be chosen. `channels` are the cards."""

    segments: Sequence[tuple[str, str]] = ()
    rules: Sequence[tuple[str, str]] = ()
    chosen_rule = ""
    lacks_channels = False
    naming_field = "name"
    paths = {
        "trigger.custom_event": "definition",
        "trigger.segment": "segment",
        "trigger.segment.id": "segment",
        "trigger.campaign": "trigger_campaign",
        "trigger.campaign.id": "trigger_campaign",
        "action.campaign": "campaign",
        "action.campaign.id": "campaign",
        "limit.count": "limit_count",
        "limit.period": "limit_period",
        "validation_rule_id": "validation_rule",
    }

    segment = forms.ChoiceField(
        required=False,
        widget=forms.Select(attrs=OF_SEGMENT),
        help_text="A passive segment becomes an active one. Who is in it already gets nothing.",
    )
    validation_rule = forms.ChoiceField(
        required=False, label="Only where this rule holds", help_text="A validation rule about the event or customer."
    )
    delay = DurationField(required=False, help_text="How long to wait, such as 1 hour. Empty: not at all.")
    limit_count = forms.IntegerField(
        label="Deliveries a customer gets at most", required=False, min_value=1, max_value=MOST_DELIVERIES
    )
    limit_period = DurationField(label="Within", required=False, help_text="Such as 7 days.")

    class Meta:
        model = Distribution
        fields = ["project", "name", "trigger", "definition", "trigger_campaign", "action", "campaign", "active"]
        labels = {"trigger_campaign": "Of the campaign", "campaign": "Codes of"}
        widgets = {
            "definition": forms.Select(attrs=OF_EVENT),
            "trigger_campaign": forms.Select(attrs=OF_CAMPAIGN),
            "campaign": forms.Select(attrs=PUBLISHES),
        }
        help_texts = {"trigger_campaign": "Empty: of any."}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        own: Any = self.fields
        if "segment" in own:
            own["segment"].choices = [("", "Choose a segment"), *self.segments]
            own["validation_rule"].choices = self.rules
            self.initial["validation_rule"] = self.chosen_rule
        if "trigger" in own:
            own["trigger"].choices = [(value, _label(value, label)) for value, label in own["trigger"].choices]
        for name in ("campaign", "trigger_campaign"):
            if name in own:
                _keep_chosen(own[name], getattr(self.instance, name))
        is_stored = not self.instance._state.adding
        if is_stored:
            self.initial.update(_initial(self.instance))
        data = self.data if self.is_bound and "channels-TOTAL_FORMS" in self.data else None
        self.channels = cards_of(self.instance.channels if is_stored else [], data)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        count, period = cleaned.get("limit_count"), cleaned.get("limit_period")
        if bool(count) != bool(period) and not {"limit_count", "limit_period"} & self.errors.keys():
            missing = "limit_period" if count else "limit_count"
            self.add_error(missing, "A limit is a number and the time within which it counts.")
        if not self.channels.is_valid():
            self.add_error(None, "Some channels cannot be used as they are.")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        """What hangs together is for the domain to judge, once what does not belong to the choices is left out."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's own hook
        return excluded | {"definition", "segment_id", "campaign", "limit_count"}

    def show(self, refusal: Refusal) -> None:
        super().show(refusal)
        self.lacks_channels = any(error.path == "channels" for error in refusal.errors)

    def as_fields(self) -> DistributionFields:
        """What does not belong to the chosen trigger or action is left out, though a hidden field may hold it."""
        said = self.cleaned_data
        trigger, action = said["trigger"], said["action"]
        of_segment = trigger in (Trigger.SEGMENT_ENTERED, Trigger.SEGMENT_LEFT)
        of_event = trigger == Trigger.CUSTOM_EVENT
        count, period = said.get("limit_count"), said.get("limit_period") or ""
        return DistributionFields(
            said.get("name") or "",
            trigger,
            action,
            definition=said.get("definition") if of_event else None,
            segment_id=_key(said.get("segment")) if of_segment else None,
            trigger_campaign=None if of_event or of_segment else said.get("trigger_campaign"),
            campaign=said.get("campaign") if action == Action.PUBLISH_CODE else None,
            channels=[card.channel for card in self.channels.living],
            delay=_kept_length(said.get("delay") or "", self.initial.get("delay")),
            limit=Limit(count, _kept_length(period, self.initial.get("limit_period"))) if count else None,
            validation_rule_id=said.get("validation_rule") or None,
        )


def _keep_chosen(field: Any, chosen: Campaign | None) -> None:
    """Offers a deleted campaign, too, where it is the chosen one: nobody's choice is to change unseen."""
    if chosen is not None and chosen.deleted_at is not None:
        field.queryset = Campaign.objects.filter(Q(pk__in=field.queryset.values("pk")) | Q(pk=chosen.pk))
        field.label_from_instance = lambda row: f"{row} (deleted)" if row.deleted_at else str(row)


def _label(trigger: str, label: str) -> str:
    return f"{label} (not yet)" if trigger == Trigger.TIER_CHANGED else label


def _kept_length(typed: str, stored: str | None) -> str:
    """As it was sent to the API, where the words mean the same: `P7D` reads as one week."""
    return stored if typed and stored and read_duration(typed) == read_duration(stored) else typed


def _key(text: str | None) -> Any:
    return parse_public_id("seg", text) if text else None


def _initial(distribution: Distribution) -> dict[str, Any]:
    return {
        "segment": public_id("seg", distribution.segment_id) if distribution.segment_id else "",
        "delay": distribution.delay,
        "limit_count": distribution.limit_count,
        "limit_period": distribution.limit_period,
    }
