"""Ending e-mail for a customer by a signed link in it, with one click (RFC 8058)."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from common.ids import uuid7
from common.writing import insert_new
from customers.models import Customer
from distributions.models import EmailOptOut

SALT = "boon.unsubscribe"


def unsubscribe_url(customer: Customer) -> str:
    """Good for ever: mail is kept for long. It is signed, so that nobody unsubscribes others."""
    path = reverse("unsubscribe", args=[signing.dumps(customer.pk.hex, salt=SALT)])
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def customer_of(token: str) -> Customer | None:
    """Whose link it is; None where it was not made here, or its customer is deleted."""
    try:
        key = UUID(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Customer.objects.filter(pk=key, deleted_at=None).select_related("project").first()


def unsubscribe(customer: Customer, *, now: datetime) -> None:
    """No e-mail of distributions any more; a second time changes nothing."""
    row = EmailOptOut(id=uuid7(), project=customer.project, customer=customer, created_at=now)
    insert_new(EmailOptOut, [row])


def subscribe(customer: Customer) -> None:
    EmailOptOut.objects.filter(customer=customer).delete()


def is_unsubscribed(customer: Customer) -> bool:
    return EmailOptOut.objects.filter(customer=customer).exists()
