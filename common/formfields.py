"""Form fields of the admin pages that Django does not have."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from common.durations import read_duration
from common.jsons import InvalidJson, JsonObject, parse, pretty

UNITS = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}
ISO = {"week": "P{}W", "day": "P{}D", "hour": "PT{}H", "minute": "PT{}M", "second": "PT{}S"}
_WORDS = re.compile(r"\s*([0-9]{1,7})\s*(second|minute|hour|day|week)s?\s*\Z", re.IGNORECASE)


class LinesField(forms.CharField):
    """A list of texts, one a line: a value may hold commas. Empty lines are none."""

    def __init__(self, *, rows: int = 3, widget: type[forms.Textarea] = forms.Textarea, **options: Any) -> None:
        super().__init__(widget=widget(attrs={"rows": rows}), strip=False, **options)

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else "\n".join(str(item) for item in value)

    def to_python(self, value: Any) -> Any:
        """A list of the lines without the space around them."""
        text = "\n".join(value) if isinstance(value, list) else super().to_python(value) or ""
        return [line.strip() for line in text.splitlines() if line.strip()]

    def run_validators(self, value: Sequence[str]) -> None:
        super().run_validators("\n".join(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial or "") != self.to_python(data or ""))


class JsonObjectField(forms.CharField):
    """A JSON object, read as strictly as one that comes by the API."""

    def __init__(self, *, rows: int = 6, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows, "spellcheck": "false"}), **options)

    def prepare_value(self, value: Any) -> Any:
        return pretty(value) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        text = super().to_python(value)
        return _parsed(text) if text else {}

    def validate(self, value: JsonObject) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: JsonObject) -> None:
        """What the strict parser takes holds no NUL and is small enough."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial or {}) != self.to_python(data or ""))
        except ValidationError:
            return True


def _parsed(text: str) -> JsonObject:
    try:
        value = parse(text.encode())
    except InvalidJson as error:
        raise ValidationError(str(error).replace("The body", "This"), code="invalid") from error
    if not isinstance(value, dict):
        raise ValidationError('This must be a JSON object, such as {"key": "value"}.', code="invalid")
    return value


class MomentField(forms.DateTimeField):
    """A date and time in UTC, asked for with the browser's own control."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "In UTC.")
        widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M")
        super().__init__(required=False, widget=widget, **options)


class DurationField(forms.CharField):
    """A length of time as people say it, "2 hours", kept as an ISO 8601 duration."""

    def prepare_value(self, value: Any) -> Any:
        return duration_in_words(value) if isinstance(value, str) else value

    def to_python(self, value: Any) -> str:
        text: str = super().to_python(value) or ""
        said = _WORDS.match(text)
        if said:
            text = ISO[said[2].lower()].format(int(said[1]))
        if text and read_duration(text) is None:
            raise ValidationError("Say it like 30 minutes, 2 hours or 7 days.", code="invalid")
        return text


def duration_in_words(text: str) -> str:
    """`PT90M` as "90 minutes"; what is no duration as it is."""
    length = read_duration(text)
    if length is None:
        return text
    for name, unit in UNITS.items():
        if length % unit == timedelta(0):
            count = length // unit
            return f"{count} {name}{'' if count == 1 else 's'}"
    return text
