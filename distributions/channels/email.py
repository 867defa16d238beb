"""E-mail: a subject and a body with places for data, by Django's mail (EMAIL_URL)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django import forms

from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError
from customers.models import Customer
from distributions.channels.base import Channel, HandOver
from distributions.mailing import enqueue_mails, is_address, letter_of
from distributions.models import EmailOptOut
from projects.audit import Actor
from projects.models import Project
from webhooks.templates import ResultTooLong, template_errors

LONGEST_SUBJECT = 300
# In a preview: that of a customer would work.
SAMPLE_LINK = "https://…/unsubscribe/…"


class EmailChannel(Channel):
    """The body is plain text, or HTML where it begins with a tag."""

    type: ClassVar[str] = "email"
    label: ClassVar[str] = "E-mail"

    def errors(self, channel: JsonObject, path: str) -> Iterator[FieldError]:
        for name in ("subject", "body"):
            yield from _text_errors(channel.get(name), f"{path}.{name}", is_line=name == "subject")

    def tidied(self, channel: JsonObject) -> JsonObject:
        return {"subject": channel["subject"], "body": channel["body"]}

    def in_words(self, channel: JsonObject) -> str:
        return f"e-mail “{channel['subject']}”"

    def form_fields(self) -> Mapping[str, forms.Field]:
        return {
            "subject": forms.CharField(label="Subject", required=False, strip=False, max_length=LONGEST_SUBJECT),
            "body": forms.CharField(
                label="Text",
                required=False,
                strip=False,
                widget=forms.Textarea(attrs={"rows": 8}),
                help_text="HTML where it begins with a tag. A link to unsubscribe is added.",
            ),
        }

    def typed(self, channel: JsonObject) -> JsonObject:
        return self.tidied(channel)

    def said(self, typed: JsonObject) -> JsonObject:
        """Browsers send lines of text with both characters of a line end."""
        return {"subject": typed["subject"], "body": typed["body"].replace("\r\n", "\n")}

    def preview(self, project: Project, item: HandOver, data: JsonObject, *, now: datetime) -> str:
        try:
            letter = letter_of(item.channel, data, SAMPLE_LINK)
        except ResultTooLong:
            return "What this makes is too long to be sent."
        return f"Subject: {letter.subject}\n\n{letter.text}"

    def unreachable(self, project: Project, customers: Collection[Customer]) -> Mapping[UUID, str]:
        """One statement."""
        keys = [customer.pk for customer in customers]
        gone = set(EmailOptOut.objects.filter(customer__in=keys).values_list("customer_id", flat=True))
        problems = {customer.pk: "no_email" for customer in customers if not is_address(customer.email)}
        return problems | dict.fromkeys(gone, "unsubscribed")

    def hand_over(self, project: Project, items: Sequence[HandOver], *, now: datetime) -> list[JsonObject]:
        enqueue_mails(project, [(item, 1) for item in items], now=now)
        return [{"attempt": 1, "sent_at": None} for _ in items]

    def resend(self, project: Project, item: HandOver, outcome: JsonObject, *, by: Actor, now: datetime) -> JsonObject:
        attempt = int(outcome.get("attempt", 0)) + 1
        enqueue_mails(project, [(item, attempt)], now=now)
        return {"type": self.type, "attempt": attempt, "sent_at": None}


def _text_errors(text: JsonValue, path: str, *, is_line: bool) -> Iterator[FieldError]:
    if not isinstance(text, str):
        yield FieldError(path, "type", f"Property .{path} must be string", text)
    elif not text.strip():
        yield FieldError(path, "required", f"Property .{path} must not be empty")
    elif is_line and (len(text) > LONGEST_SUBJECT or "\n" in text or "\r" in text):
        words = f"must be a line of up to {LONGEST_SUBJECT} characters"
        yield FieldError(path, "invalid", f"Property .{path} {words}", text)
    else:
        yield from template_errors(text, path)
