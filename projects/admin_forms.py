"""The forms of projects, members and keys."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.formfields import DurationField, LinesField
from projects.creation import SETTINGS
from projects.forms import DomainForm
from projects.keys import MOST_REQUESTS
from projects.models import MOST_DELIVERIES, ApiKey, Membership, Project
from projects.pages import Panel, RowForm, local_moment

OF_DELIVERIES = ("quiet_hours", "fatigue")
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class ProjectForm(DomainForm):
    paths = {"quiet_hours": "quiet_start", "fatigue": "fatigue_count"}
    quiet_start = forms.TimeField(label="Quiet from", required=False, widget=CLOCK, help_text="In the zone above.")
    quiet_end = forms.TimeField(label="Quiet until", required=False, widget=CLOCK, help_text="Over midnight, too.")
    fatigue_count = forms.IntegerField(
        label="Deliveries a customer gets at most",
        required=False,
        min_value=1,
        max_value=MOST_DELIVERIES,
        help_text="Over all distributions. What is more waits.",
    )
    fatigue_period = DurationField(label="Within", required=False, help_text="Such as 7 days.")
    time_zone = forms.ChoiceField(
        choices=lambda: [(name, name.replace("_", " ")) for name in sorted(available_timezones())],
        initial="UTC",
        help_text="Days, weeks and months of caps and reports begin in this zone.",
    )

    class Meta:
        model = Project
        fields = [*(name for name in SETTINGS if name not in OF_DELIVERIES), "case_sensitive_codes"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        quiet, fatigue = self.instance.quiet_hours or {}, self.instance.fatigue or {}
        self.initial.update({"quiet_start": quiet.get("start"), "quiet_end": quiet.get("end")})
        self.initial.update({"fatigue_count": fatigue.get("count"), "fatigue_period": fatigue.get("period", "")})

    def clean(self) -> dict[str, Any]:
        """Puts the two settings of deliveries together; each has two parts, or none."""
        said = super().clean()
        start, end = said.pop("quiet_start", None), said.pop("quiet_end", None)
        count, period = said.pop("fatigue_count", None), said.pop("fatigue_period", "")
        if (start is None) != (end is None):
            self.add_error("quiet_end" if end is None else "quiet_start", "Quiet hours have a beginning and an end.")
        if (not count) != (not period) and not {"fatigue_count", "fatigue_period"} & self.errors.keys():
            self.add_error("fatigue_count" if not count else "fatigue_period", "Say how many, and within what time.")
        is_quiet = start is not None and end is not None
        said["quiet_hours"] = {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}"} if is_quiet else None
        said["fatigue"] = {"count": count, "period": period} if count and period else None
        return said

    def settings(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "name"}


class MemberForm(DomainForm):
    """Users are named, not chosen: a list of them would show who else has an account here."""

    username = forms.CharField(help_text="Of a user who has an account here already.")

    class Meta:
        model = Membership
        fields = ["project", "role"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["username"]

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        self.user = get_user_model().objects.filter(username=name, is_active=True).first()
        if self.user is None:
            raise ValidationError(f"There is no user “{name}”.", code="not_found")
        return name


DOMAINS_HELP = "For client keys, one a line: * for any, host names, or full origins such as https://shop.example:8443."


class KeyForm(DomainForm):
    trusted_domains = LinesField(required=False, help_text=DOMAINS_HELP)

    class Meta:
        model = ApiKey
        fields = ["project", "kind", "label", "trusted_domains", "rate_limit"]


class DomainsForm(RowForm):
    trusted_domains = LinesField(required=False, rows=8, help_text=DOMAINS_HELP)

    def __init__(self, row: ApiKey, *args: Any, **options: Any) -> None:
        super().__init__(row, *args, initial={"trusted_domains": row.trusted_domains}, **options)


class LimitForm(RowForm):
    rate_limit = forms.IntegerField(
        label="Requests a minute",
        required=False,
        min_value=0,
        max_value=MOST_REQUESTS,
        help_text="Empty for what this installation allows; 0 for no limit.",
    )

    def __init__(self, row: ApiKey, *args: Any, **options: Any) -> None:
        super().__init__(row, *args, initial={"rate_limit": row.rate_limit}, **options)


class SigningForm(RowForm):
    """Shows the keys that webhooks are signed with, and asks which of them to replace."""

    rotate_token = forms.BooleanField(label="Replace the token", required=False)
    rotate_secret = forms.BooleanField(label="Replace the secret", required=False)
    at_once = forms.BooleanField(
        label="Stop signing with the former one at once",
        required=False,
        help_text="Where others may know it: whoever still checks with it refuses what is sent from now on.",
    )

    def __init__(self, row: Project, *args: Any, **options: Any) -> None:
        super().__init__(row, *args, **options)
        token, secret = row.former_webhook_token_until, row.former_webhook_secret_until
        keys = [
            ["Token", row.webhook_token, "x-voucherify-signature", _until(token)],
            ["Secret", row.webhook_secret, "webhook-signature (Standard Webhooks)", _until(secret)],
        ]
        columns = ["", "Key", "Header that it signs", "Former one signs"]
        self.panels = [Panel("What webhooks are signed with", columns, keys)]

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        if not (asked["rotate_token"] or asked["rotate_secret"]):
            raise ValidationError("Choose what is to be replaced.", code="required")
        return asked


def _until(moment: datetime | None) -> str | SafeString:
    """Until when a replaced key signs, too."""
    return format_html("until {}", local_moment(moment)) if moment and moment > datetime.now(UTC) else "–"
