"""The admin pages of deliveries, and of who wants no e-mail."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from common.ids import parse_public_id
from distributions.channels.registry import channel_types
from distributions.models import WAITING, Delivery, DeliveryStatus, EmailOptOut
from distributions.resending import resend_delivery
from distributions.unsubscribing import subscribe
from projects.models import Role
from projects.pages import Cell, Link, Panel, RowForm, RowPage, change_link, local_moment
from projects.scoping import ProjectFilter, ReadOnlyAdmin, ScopedAdmin, actor_of
from webhooks.models import SendOut

SENT_AGAIN = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED)
REASONS = {
    "campaign_deleted": "The campaign of its codes is deleted.",
    "customer_deleted": "The customer is deleted.",
    "distribution_deleted": "The distribution is deleted.",
    "event_voided": "The event was taken back.",
    "no_email": "The customer has no e-mail address.",
    "unsubscribed": "The customer wants no e-mail.",
    "mail_failed": "The mail server took it at no try.",
    "too_long": "What the template made was too long.",
}
HEADINGS = ["Scheduled", "Customer", "State", "Why", "Due", "Delivered"]


def delivery_row(row: Delivery) -> list[Cell]:
    return [
        change_link("distributions_delivery", row.pk, local_moment(row.created_at)),
        change_link("customers_customer", row.customer_id, str(row.customer)),
        str(row.get_status_display()),
        why_of(row),
        local_moment(row.due_at),
        local_moment(row.delivered_at),
    ]


def why_of(row: Delivery) -> str:
    return REASONS.get(row.reason, row.reason) or "–"


def _resend(request: HttpRequest, row: Delivery, form: RowForm) -> str:
    failed = row.status == DeliveryStatus.FAILED
    resend_delivery(row, by=actor_of(request), now=datetime.now(UTC))
    return "It is tried again." if failed else "It is sent again."


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    row_pages = {
        "resend": RowPage(
            Role.MARKETER,
            RowForm,
            "Send again",
            "Send again",
            _resend,
            "What was delivered is sent again under its id: a webhook as it was, an e-mail with the text of today. "
            "What failed is tried as the distribution is now.",
        )
    }
    list_display = ["customer", "distribution", "status", "why", "due", "got"]
    list_filter = [("distribution", ProjectFilter), "status"]
    list_select_related = ["customer", "distribution", "publication__voucher"]
    nothing_yet = "Nothing was delivered yet: it begins when what a distribution waits for happens."
    search_fields = ["customer__source_id", "customer__email", "customer__name"]
    ordering = ["-id"]
    fields = ["distribution", "customer", "status", "why", "because_of", "due", "got", "code"]

    @admin.display(ordering="reason")
    def why(self, row: Delivery) -> str:
        return why_of(row)

    @admin.display(ordering="due_at")
    def due(self, row: Delivery) -> str:
        return local_moment(row.due_at)

    @admin.display(ordering="delivered_at", description="delivered")
    def got(self, row: Delivery) -> str:
        return local_moment(row.delivered_at)

    @admin.display
    def because_of(self, row: Delivery) -> str:
        return "an event" if row.event_id else row.source.partition(":")[0]

    @admin.display
    def code(self, row: Delivery) -> str:
        return row.publication.voucher.code if row.publication else "–"

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Link]:
        own = list(super().links(request, obj)) if obj.status in SENT_AGAIN else []
        own.append(change_link("distributions_distribution", obj.distribution_id, "The distribution"))
        if obj.event_id:
            own.append(change_link("events_event", obj.event_id, "The event behind it"))
        return own

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        sent = _send_outs(obj)
        rows: list[list[Cell]] = [
            [_channel(obj, place), _outcome(obj, one, sent)] for place, one in enumerate(obj.outcomes)
        ]
        return [Panel("By which channels", ["Channel", "What came of it"], rows, empty="Nothing was sent yet.")]


def _channel(row: Delivery, place: int) -> str:
    channels, kind = row.distribution.channels, row.outcomes[place]["type"]
    if place < len(channels) and channels[place]["type"] == kind:
        return channel_types()[kind].in_words(channels[place])
    return str(kind)


def _send_outs(row: Delivery) -> dict[str, SendOut]:
    """Those of its channels that are still there, by public id. One statement."""
    keys = [key for one in row.outcomes if (key := parse_public_id("whs", one.get("send_out")))]
    return {sent.public_id: sent for sent in SendOut.objects.filter(pk__in=keys).defer("body", "headers")}


def _outcome(row: Delivery, one: dict[str, Any], send_outs: dict[str, SendOut]) -> Cell:
    if one.get("problem"):
        return REASONS.get(one["problem"], str(one["problem"]))
    if one.get("send_out"):
        sent = send_outs.get(one["send_out"])
        words = f"{sent.get_status_display()}, attempts: {sent.attempts_count}" if sent else "handed over"
        return change_link("webhooks_sendout", sent.pk, words) if sent else words
    if one.get("sent_at"):
        return format_html("sent {}", local_moment(datetime.fromisoformat(one["sent_at"])))
    return "not sent yet" if row.status in WAITING else "being sent"


@admin.register(EmailOptOut)
class EmailOptOutAdmin(ScopedAdmin):
    delete_role = Role.MARKETER
    list_display = ["customer", "since", "project"]
    list_filter = [("project", ProjectFilter)]
    list_select_related = ["customer", "project"]
    nothing_yet = "Nobody unsubscribed. Who follows the link in an e-mail stands here."
    search_fields = ["customer__source_id", "customer__email"]
    ordering = ["-id"]
    fields = ["customer", "since"]

    @admin.display(ordering="created_at")
    def since(self, row: EmailOptOut) -> str:
        return local_moment(row.created_at)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        subscribe(obj.customer)
