"""What the log and its surroundings say of a person, taken out where a deletion is permanent."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils import timezone

from common.ids import first_key_at
from common.jsons import JsonObject, dumps, parse
from customers.erasure import PersonalData
from customers.models import Customer
from events.models import Event, EventVoid, IdempotencyKey, RejectedEvent, StoredEffect
from exports.erasure import forget_files
from projects.models import Project
from webhooks.erasure import forget_send_outs

CHUNK = 500
BLANK_CUSTOMER: JsonObject = {"source_id": None, "name": None, "email": None, "metadata": {}}


class SurroundingsOfEvents(PersonalData):
    """Answers that are kept for repeats, refused and failed events, reasons of voids, names of changed fields, the
    project's files, what was sent about them, and the admin's log.
    """

    def forget(self, project: Project, customers: Sequence[Customer]) -> None:
        for keys in _events_of(project, customers):
            _blank_answers(IdempotencyKey.objects.filter(project=project, pk__in=keys))
            _rows(EventVoid).filter(pk__in=keys).exclude(reason="").update(reason="")
            RejectedEvent.objects.filter(Q(event_id__in=keys) | Q(replayed_as__in=keys), project=project).delete()
        _blank_answers_of_dropped_months(project, customers)
        _forget_rejected(project, customers)
        _forget_changed_keys(project, customers)
        forget_files(project)
        _forget_sent(project, customers)
        _forget_in_admin(customers)


def _rows(model: Any) -> QuerySet[Any]:
    """Rows that are never changed but for this."""
    return QuerySet(model)


def _events_of(project: Project, customers: Sequence[Customer]) -> Iterator[list[UUID]]:
    """The keys of their events, also of those whose partition is gone and whose effects are not."""
    events = Event.objects.filter(project=project, customer__in=customers).order_by("pk")
    effects = StoredEffect.objects.filter(project=project, customer__in=customers, event_id__isnull=False)
    for column, rows in (("pk", events), ("event_id", effects)):
        keys = rows.values_list(column, flat=True).iterator(chunk_size=CHUNK)
        while chunk := list(islice(keys, CHUNK)):
            yield chunk


def _blank_answers(rows: QuerySet[IdempotencyKey]) -> None:
    """The customer's part of the answers to be given again. One statement, and one more where there are any."""
    kept = list(rows)
    for row in kept:
        body: Any = parse(row.answer.encode())
        row.answer = dumps({**body, "customer": {**body["customer"], **BLANK_CUSTOMER}})
    IdempotencyKey.objects.bulk_update(kept, ["answer"], batch_size=CHUNK)


def _blank_answers_of_dropped_months(project: Project, customers: Sequence[Customer]) -> None:
    """Keys outlive the partitions of their events; those from before the log begins are read by what they say."""
    oldest = Event.objects.order_by("received_at", "pk").values_list("pk", flat=True).first()
    keys = IdempotencyKey.objects.filter(project=project)
    if oldest is not None:
        keys = keys.filter(event_id__lt=oldest)
    for customer in customers:
        since = first_key_at(customer.created_at)
        _blank_answers(keys.filter(event_id__gte=since, answer__contains=f'"{customer.public_id}"'))


def _forget_rejected(project: Project, customers: Sequence[Customer]) -> None:
    """Also those that name the person by an e-mail address, or by an id from elsewhere."""
    emails = [one.email for one in customers if one.email is not None]
    former = [one.legacy_id for one in customers if one.legacy_id is not None]
    about_them = Q(payload__customer__email__in=emails) | Q(payload__customer__id__in=former)
    RejectedEvent.objects.filter(about_them, project=project).delete()


def _forget_changed_keys(project: Project, customers: Sequence[Customer]) -> None:
    """Which keys of metadata changed is told by their names, which senders choose."""
    rows = StoredEffect.objects.filter(project=project, customer__in=customers, kind="customer.updated")
    found = rows.order_by("pk").iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        for row in chunk:
            fields = [name for name in row.data.get("fields", []) if not name.startswith("metadata.")]
            row.data = {**row.data, "fields": fields}
        _rows(StoredEffect).bulk_update(chunk, ["data"], batch_size=CHUNK)


def _forget_sent(project: Project, customers: Sequence[Customer]) -> None:
    said = {name for one in customers for name in (one.public_id, one.source_id, one.legacy_id, one.email) if name}
    forget_send_outs(project, [one.pk for one in customers], said, now=timezone.now())


def _forget_in_admin(customers: Sequence[Customer]) -> None:
    """The admin's log names each row by its text of that time."""
    kind = ContentType.objects.get_for_model(Customer)
    keys = [str(customer.pk) for customer in customers]
    LogEntry.objects.filter(content_type=kind, object_id__in=keys).update(object_repr="", change_message="")
