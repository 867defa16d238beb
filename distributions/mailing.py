"""Sending the e-mails of deliveries: outside of any transaction, at least once, under an id that stays the same."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.html import strip_tags

from common.jsons import JsonObject
from common.times import iso
from distributions.channels.base import HandOver
from distributions.models import Delivery, EmailOptOut
from distributions.telling import data_of
from distributions.unsubscribing import unsubscribe_url
from outbox.enqueue import Work, enqueue_all
from outbox.handlers import Handler
from projects.models import Project
from webhooks.templates import ResultTooLong, render_text

MAIL = "distribution.email"
_HTML = re.compile(r"\s*<[!a-zA-Z]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


def is_address(text: str | None) -> bool:
    try:
        validate_email(text or "")
    except ValidationError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail with the data in its places; `html` None where it is plain text alone."""

    subject: str
    text: str
    html: str | None = None


def letter_of(channel: JsonObject, data: JsonObject, link: str) -> Letter:
    """What a channel makes of the data; `link` is the customer's, to unsubscribe. Raises ResultTooLong."""
    data = {**data, "unsubscribe_url": link}
    subject = _CONTROL.sub(" ", render_text(channel["subject"], data)).strip()[:900]
    return Letter(subject, *_bodies(channel["body"], data, link))


def enqueue_mails(project: Project, mails: Sequence[tuple[HandOver, int]], *, now: datetime) -> None:
    """A message for each (what is handed over, attempt), in the transaction that does so.

    It holds the channel as it is now: what is under way is sent, whatever becomes of the distribution.
    """
    works = [
        Work(
            {"delivery": str(item.delivery.pk), "place": item.place, "attempt": attempt, "channel": item.channel},
            f"mail:{item.delivery.pk}:{item.place}:{attempt}",
            now,
        )
        for item, attempt in mails
    ]
    enqueue_all(project, MAIL, works)


class SendMail(Handler):
    """Handles `distribution.email`. What the mail server refuses for now is tried again as the outbox does."""

    def handle(self, payload: JsonObject) -> None:
        delivery = _delivery(payload)
        if delivery is None or _is_done(delivery, payload):
            return
        problem = _problem(delivery)
        if problem is None:
            item = HandOver.of(delivery, payload["channel"], payload["place"])
            try:
                _message(delivery.project, item).send()
            except ResultTooLong:
                problem = "too_long"
        _keep(payload, {"problem": problem} if problem else {"sent_at": iso(timezone.now())})

    def park(self, payloads: Sequence[JsonObject]) -> None:
        for payload in payloads:
            _keep(payload, {"problem": "mail_failed"})

    def revive(self, payloads: Sequence[JsonObject]) -> None:
        for payload in payloads:
            _keep(payload, {"problem": None})


def _delivery(payload: JsonObject) -> Delivery | None:
    rows = Delivery.objects.select_related(
        "project", "distribution", "customer", "publication__voucher__campaign", "publication__customer"
    )
    return rows.filter(pk=payload["delivery"]).first()


def _is_done(delivery: Delivery, payload: JsonObject) -> bool:
    """Also where the customer was erased, and with them what came of it."""
    if payload["place"] >= len(delivery.outcomes):
        return True
    outcome = delivery.outcomes[payload["place"]]
    return outcome.get("attempt") != payload["attempt"] or outcome.get("sent_at") is not None


def _problem(delivery: Delivery) -> str | None:
    """What has come up since the delivery was handed over."""
    if delivery.customer.deleted_at is not None:
        return "customer_deleted"
    if not is_address(delivery.customer.email):
        return "no_email"
    is_gone = EmailOptOut.objects.filter(customer=delivery.customer_id).exists()
    return "unsubscribed" if is_gone else None


def _message(project: Project, item: HandOver) -> EmailMultiAlternatives:
    (data,) = data_of()(project, [item], masked=False)
    link = unsubscribe_url(item.customer)
    letter = letter_of(item.channel, data, link)
    to = [item.customer.email or ""]
    message = EmailMultiAlternatives(letter.subject, letter.text, settings.DEFAULT_FROM_EMAIL, to)
    message.extra_headers = {
        "Message-ID": message_id(item),
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    if letter.html is not None:
        message.attach_alternative(letter.html, "text/html")
    return message


def _bodies(body: str, data: JsonObject, link: str) -> tuple[str, str | None]:
    """(plain text, HTML or None), each with a link to unsubscribe where the body has none of its own."""
    if _HTML.match(body):
        html = render_text(body, data, escape=escape)
        if escape(link) not in html:
            html += f'\n<p><a href="{escape(link)}">Unsubscribe</a></p>'
        return f"{strip_tags(render_text(body, data)).strip()}\n\nUnsubscribe: {link}\n", html
    text = render_text(body, data)
    return text if link in text else f"{text.rstrip()}\n\n--\nUnsubscribe: {link}\n", None


def message_id(item: HandOver) -> str:
    """The same at every attempt: a mail server may have taken the one before."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return f"<{item.delivery.public_id}.{item.place}@{host}>"


def _keep(payload: JsonObject, news: JsonObject) -> None:
    with transaction.atomic():
        row = Delivery.objects.select_for_update(no_key=True).filter(pk=payload["delivery"]).first()
        if row is None or payload["place"] >= len(row.outcomes):
            return
        outcome = {**row.outcomes[payload["place"]], **news}
        row.outcomes[payload["place"]] = {name: value for name, value in outcome.items() if name != "problem" or value}
        row.save(update_fields=["outcomes"])
