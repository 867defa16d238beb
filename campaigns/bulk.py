"""Changing the metadata of many codes by the worker."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from campaigns.codes import find_by_codes
from campaigns.models import Voucher
from campaigns.telling import tell_of_codes
from common.jsons import JsonObject
from common.refusals import MetadataInvalid
from eventschema.resources import check_metadata
from outbox.actions import Progress, start_action
from projects.audit import Actor
from projects.models import AsyncAction, Project

CHUNK = 1_000
UNKNOWN = "not_found: there is no voucher with this code"


def start_bulk_update(
    project: Project, items: Sequence[Mapping[str, Any]], *, by: Actor, request_id: str, now: datetime
) -> AsyncAction:
    """`items` are `{"code", "metadata"}`: each code gets its own."""
    return _start(project, "VOUCHERS.BULK_UPDATE", {"items": list(items), "by": by.as_json()}, request_id, now)


def start_metadata_update(
    project: Project, codes: Sequence[str], metadata: JsonObject, *, by: Actor, request_id: str, now: datetime
) -> AsyncAction:
    """Every code gets the same."""
    payload = {"codes": list(codes), "metadata": metadata, "by": by.as_json()}
    return _start(project, "VOUCHERS.METADATA_UPDATE", payload, request_id, now)


def run(action: AsyncAction, progress: Progress) -> None:
    """For ASYNC_ACTIONS. Metadata that was merged before is merged again to the same."""
    progress.forget_payload()
    items, by = _items(action.payload), Actor.of(action.payload)
    progress.total(len(items))
    for start in range(0, len(items), CHUNK):
        failures = _merge(action.project, items[start : start + CHUNK], by)
        for code, reason in failures:
            progress.failed(code, reason)
        progress.done(len(items[start : start + CHUNK]) - len(failures))


def _start(project: Project, kind: str, payload: JsonObject, request_id: str, now: datetime) -> AsyncAction:
    with transaction.atomic():
        return start_action(project, type=kind, payload=payload, request_id=request_id, now=now)


def _items(payload: JsonObject) -> list[tuple[str, JsonObject]]:
    if "codes" in payload:
        return [(code, payload["metadata"]) for code in payload["codes"]]
    return [(item["code"], item["metadata"]) for item in payload["items"]]


def _merge(project: Project, items: Sequence[tuple[str, JsonObject]], by: Actor) -> list[tuple[str, str]]:
    """What failed, as (code, reason); three statements."""
    failures: list[tuple[str, str]] = []
    now = datetime.now(UTC)
    with transaction.atomic():
        found = find_by_codes(project, [code for code, _ in items])
        keys = [voucher.pk for voucher in found.values()]
        # Locked in the order of their keys, as everywhere.
        locked = Voucher.objects.select_for_update(no_key=True).filter(pk__in=keys, deleted_at=None).order_by("pk")
        current = {voucher.pk: voucher for voucher in locked}
        changed: dict[UUID, Voucher] = {}
        for code, metadata in items:
            voucher = current.get(found[code].pk) if code in found else None
            if voucher is None:
                failures.append((code, UNKNOWN))
                continue
            try:
                check_metadata(project, "voucher", metadata, before=voucher.metadata)
            except MetadataInvalid as error:
                failures.append((code, f"{error.key}: {error.details}"))
                continue
            voucher.metadata = {**voucher.metadata, **metadata}
            voucher.updated_at = now
            changed[voucher.pk] = voucher
        Voucher.objects.bulk_update(list(current.values()), ["metadata", "updated_at"], batch_size=CHUNK)
        tell_of_codes(project, list(changed.values()), "updated", by=by, now=now)
    return failures
