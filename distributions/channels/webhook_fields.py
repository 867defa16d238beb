"""What the admin asks about the webhook of a distribution, and how that becomes a channel and comes from one."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from common.formfields import JsonObjectField, LinesField
from common.jsons import JsonObject

# What is sent: all that there is to tell, or a body of one's own.
EVERYTHING, OWN_DATA, OWN_BODY = "everything", "data", "alone"
SENDS = [
    (EVERYTHING, "Everything there is to tell"),
    (OWN_DATA, "A body of your own, as the data of the usual envelope"),
    (OWN_BODY, "A body of your own, and nothing else"),
]


class TemplateField(JsonObjectField):
    """A JSON object with places for data; None where nothing was typed."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value) if isinstance(value, dict) or str(value or "").strip() else None


def webhook_fields() -> Mapping[str, forms.Field]:
    return {
        "target_url": forms.CharField(label="Address", required=False, max_length=2_000),
        "event_name": forms.CharField(
            label="Event name",
            required=False,
            strip=False,
            max_length=100,
            help_text="The type that the receiver reads. Empty: that of what happened.",
        ),
        "headers": LinesField(label="Headers", required=False, help_text="One a line, such as X-Token: secret."),
        "sends": forms.ChoiceField(label="What is sent", required=False, choices=SENDS),
        "payload": TemplateField(
            label="Body",
            required=False,
            rows=10,
            help_text="JSON. Data goes between double braces and quotes, alone or within a text.",
        ),
    }


def as_typed(channel: JsonObject) -> JsonObject:
    payload = channel.get("payload")
    own = OWN_DATA if channel.get("envelope", True) else OWN_BODY
    return {
        "target_url": channel["target_url"],
        "event_name": channel.get("event_name") or "",
        "headers": [f"{name}: {value}" for name, value in (channel.get("headers") or {}).items()],
        "sends": EVERYTHING if payload is None else own,
        "payload": payload,
    }


def as_said(typed: JsonObject) -> JsonObject:
    """A body that is typed in and not sent, is not kept either."""
    sends = typed["sends"] or EVERYTHING
    return {
        "target_url": typed["target_url"],
        "event_name": typed["event_name"],
        "headers": dict(_header(line) for line in typed["headers"] or ()),
        "payload": None if sends == EVERYTHING else typed["payload"],
        "envelope": sends != OWN_BODY,
    }


def webhook_typing_errors(typed: JsonObject) -> Iterator[tuple[str, str]]:
    names = [_header(line)[0] for line in typed["headers"] or ()]
    for line, name in zip(typed["headers"] or (), names, strict=True):
        if ":" not in line:
            yield "headers", f"“{line[:100]}” is no header, such as X-Token: secret."
        elif names.count(name) > 1:
            yield "headers", f"“{name[:100]}” stands there twice."
    if (typed["sends"] or EVERYTHING) != EVERYTHING and typed["payload"] is None:
        yield "payload", "Say what is sent, or choose “Everything there is to tell”."


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()
