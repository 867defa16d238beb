"""The form of distributions: channels as fields, lengths of time as words."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.db.models import Q

from campaigns.models import Campaign
from common.formfields import DurationField, LinesField
from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from common.refusals import Refusal
from distributions.checking import MOST_DELIVERIES, DistributionFields, Limit
from distributions.models import Action, Distribution, Trigger
from projects.forms import DomainForm, show_refusal

OF_EVENT = {"data-shown-when": f"trigger={Trigger.CUSTOM_EVENT}"}
OF_SEGMENT = {"data-shown-when": f"trigger={Trigger.SEGMENT_ENTERED}|{Trigger.SEGMENT_LEFT}"}
OF_CAMPAIGN = {
    "data-shown-when": f"trigger={Trigger.REFERRAL_CONVERTED}|{Trigger.POINTS_EARNED}|{Trigger.TIER_CHANGED}"
}
PUBLISHES = {"data-shown-when": f"action={Action.PUBLISH_CODE}"}
_CHANNEL_ERROR = re.compile(r"channels\.([0-9]+)\.([a-z_]+)")


class DistributionForm(DomainForm):
    """`segments` and `rules` are set by the admin: (id, name) of what may be chosen."""

    segments: Sequence[tuple[str, str]] = ()
    rules: Sequence[tuple[str, str]] = ()
    chosen_rule = ""
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
    webhook_url = forms.CharField(
        label="Address", required=False, max_length=2_000, help_text="Where a webhook is sent. Empty: none is."
    )
    webhook_event_name = forms.CharField(
        label="Event name", required=False, max_length=100, help_text="The type that the receiver reads."
    )
    webhook_headers = LinesField(label="Headers", required=False, help_text="One a line, such as X-Token: secret.")
    email_subject = forms.CharField(
        label="Subject", required=False, max_length=300, help_text="Empty: no e-mail is sent."
    )
    email_body = forms.CharField(
        label="Text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Takes data in double braces: {{customer.name}}, {{event.metadata.amount}}, {{code}}. "
        "HTML where it begins with a tag. A link to unsubscribe is added.",
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
        for name in ("campaign", "trigger_campaign"):
            if name in own:
                _keep_chosen(own[name], getattr(self.instance, name))
        if self.instance.pk:
            self.initial.update(_initial(self.instance))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        count, period = cleaned.get("limit_count"), cleaned.get("limit_period")
        if bool(count) != bool(period) and not {"limit_count", "limit_period"} & self.errors.keys():
            missing = "limit_period" if count else "limit_count"
            self.add_error(missing, "A limit is a number and the time within which it counts.")
        for line in cleaned.get("webhook_headers") or ():
            if ":" not in line:
                self.add_error("webhook_headers", f"“{line[:100]}” is no header, such as X-Token: secret.")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        """What hangs together is for the domain to judge, once what does not belong to the choices is left out."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's own hook
        return excluded | {"definition", "segment_id", "campaign", "limit_count"}

    def show(self, refusal: Refusal) -> None:
        """The domain names channels by their place; people see the fields of each."""
        show_refusal(self, refusal, dict(self.paths) | dict(self._channel_paths(refusal)))

    def _channel_paths(self, refusal: Refusal) -> Iterable[tuple[str, str]]:
        channels = self._channels()
        names = {"target_url": "webhook_url", "subject": "email_subject", "body": "email_body"}
        for error in refusal.errors:
            found = _CHANNEL_ERROR.match(error.path)
            if found and int(found[1]) < len(channels):
                kind = channels[int(found[1])]["type"]
                yield error.path, names.get(found[2], f"{kind}_{found[2]}")
            elif error.path == "channels":
                yield error.path, "webhook_url"

    def as_fields(self) -> DistributionFields:
        """What does not belong to the chosen trigger or action is left out, though a hidden field may hold it."""
        said = self.cleaned_data
        trigger, action = said["trigger"], said["action"]
        of_segment = trigger in (Trigger.SEGMENT_ENTERED, Trigger.SEGMENT_LEFT)
        of_event = trigger == Trigger.CUSTOM_EVENT
        count = said.get("limit_count")
        return DistributionFields(
            said["name"],
            trigger,
            action,
            definition=said.get("definition") if of_event else None,
            segment_id=_key(said.get("segment")) if of_segment else None,
            trigger_campaign=None if of_event or of_segment else said.get("trigger_campaign"),
            campaign=said.get("campaign") if action == Action.PUBLISH_CODE else None,
            channels=list(self._channels()),
            delay=said.get("delay") or "",
            limit=Limit(count, said["limit_period"]) if count else None,
            validation_rule_id=said.get("validation_rule") or None,
        )

    def _channels(self) -> list[JsonObject]:
        """One webhook and one e-mail as typed in, in the place of the first of each; others, made by API, stay."""
        said, stored = self.cleaned_data, list(self.instance.channels or [])
        hook = next((one for one in stored if one["type"] == "webhook"), None)
        mail = next((one for one in stored if one["type"] == "email"), None)
        rest = [one for one in stored if one is not hook and one is not mail]
        channels: list[JsonObject] = []
        if said.get("webhook_url"):
            typed = {
                "target_url": said["webhook_url"],
                "event_name": said.get("webhook_event_name") or "",
                "headers": dict(map(_header, said.get("webhook_headers") or ())),
            }
            channels.append({"type": "webhook", **(hook or {}), **typed})
        if said.get("email_subject") or said.get("email_body"):
            channels.append(
                {"type": "email", "subject": said.get("email_subject") or "", "body": said.get("email_body") or ""}
            )
        return channels + rest


def _keep_chosen(field: Any, chosen: Campaign | None) -> None:
    """Offers a deleted campaign, too, where it is the chosen one: nobody's choice is to change unseen."""
    if chosen is not None and chosen.deleted_at is not None:
        field.queryset = Campaign.objects.filter(Q(pk__in=field.queryset.values("pk")) | Q(pk=chosen.pk))
        field.label_from_instance = lambda row: f"{row} (deleted)" if row.deleted_at else str(row)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _key(text: str | None) -> Any:
    return parse_public_id("seg", text) if text else None


def _initial(distribution: Distribution) -> dict[str, Any]:
    said: dict[str, Any] = {
        "segment": public_id("seg", distribution.segment_id) if distribution.segment_id else "",
        "delay": distribution.delay,
        "limit_count": distribution.limit_count,
        "limit_period": distribution.limit_period,
    }
    for channel in reversed(distribution.channels):
        if channel["type"] == "webhook":
            lines = [f"{name}: {value}" for name, value in channel["headers"].items()]
            said |= {"webhook_url": channel["target_url"], "webhook_event_name": channel["event_name"]}
            said["webhook_headers"] = lines
        else:
            said |= {"email_subject": channel["subject"], "email_body": channel["body"]}
    return said
