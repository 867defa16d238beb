"""Asking for an export, and finding it again.

To export something new: write a subclass of `exports.kinds.ExportKind`, name it in EXPORT_KINDS, and let the view call
`start_export(project, "<the name>", scope={…}, …)` with what its `pages` needs to know. api/v1/exports.py renders the
answer and serves the file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from common.ids import parse_public_id
from common.jsons import JsonObject
from common.refusals import FieldError, InvalidPayload, NotFound
from exports.kinds import kind_named
from exports.models import Export
from outbox.enqueue import enqueue
from projects.models import Project

WRITE_TOPIC = "export.write"
EXPIRE_TOPIC = "export.expire"
KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What a sender may choose; nothing chosen is every field, the newest first."""

    fields: Sequence[str] = ()
    order: str = ""
    filters: JsonObject = field(default_factory=dict)


def start_export(
    project: Project, kind: str, request: ExportRequest, *, scope: Mapping[str, str], now: datetime
) -> Export:
    """An export that the worker writes, and takes away after a week; three statements.

    `scope` holds primitives: keys of rows as text. Raises InvalidPayload for fields or an order that the kind does not
    have, ImproperlyConfigured for a kind that EXPORT_KINDS does not name.
    """
    plan = kind_named(kind)
    errors = [
        FieldError(f"parameters.fields.{place}", "choice", f"Property .parameters.fields.{place} is no field", name)
        for place, name in enumerate(request.fields)
        if name not in plan.fields
    ]
    if request.order and request.order not in plan.orders:
        sentence = f"Property .parameters.order must be one of {', '.join(plan.orders)}"
        errors.append(FieldError("parameters.order", "choice", sentence, request.order))
    if errors:
        raise InvalidPayload.of(errors)
    with transaction.atomic():
        export = Export.objects.create(
            project=project,
            kind=kind,
            scope=dict(scope),
            fields=list(request.fields) or list(plan.fields),
            order=request.order or plan.orders[0],
            filters=request.filters,
            created_at=now,
        )
        payload = {"export": str(export.pk)}
        enqueue(project, WRITE_TOPIC, payload, dedupe_key=f"{WRITE_TOPIC}:{export.pk}", not_before=now)
        enqueue(project, EXPIRE_TOPIC, payload, dedupe_key=f"{EXPIRE_TOPIC}:{export.pk}", not_before=now + KEPT_FOR)
    return export


def find_export(project: Project, name: str) -> Export:
    """By public id. Raises NotFound."""
    key = parse_public_id("exp", name)
    export = Export.objects.filter(project=project, pk=key).first() if key else None
    if export is None:
        raise NotFound.of("export", name)
    return export
