"""Codes that a sender brings along, as JSON or as a CSV file, stored by the worker a thousand at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from campaigns.codes import code_key, find_by_codes, new_voucher
from campaigns.csv_rows import item_of_row
from campaigns.generation import MOST_CODES, check_can_generate
from campaigns.models import Campaign, Voucher
from campaigns.telling import tell_of_campaign, tell_of_codes
from campaigns.voucher_fields import parse_voucher
from campaigns.vouchers import check_code, checked_change, invalid_voucher
from common.csv_files import lines_of, text_of
from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError, InvalidPayload, Refusal
from common.writing import insert_new
from eventschema.resources import metadata_schemas_of
from outbox.actions import MOST_FAILED_KEPT, Progress, start_action
from projects.audit import Actor
from projects.models import AsyncAction, Project

CHUNK = 1_000
TAKEN = "duplicate_key: a voucher with this code exists already"


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    reason: str


def start_import(
    project: Project,
    campaign: Campaign | None,
    items: Sequence[JsonValue],
    *,
    by: Actor,
    request_id: str,
    now: datetime,
) -> AsyncAction:
    """An import of codes into a campaign, or of codes that stand alone; each is judged by the worker.

    Raises InvalidPayload where it is no list of objects, Refusal `invalid_voucher` where codes are missing and
    `duplicate_key` where they are not new.
    """
    if campaign is not None:
        check_can_generate(campaign)
    codes = _codes_of(items)
    _check_new(project, codes)
    kind = "CAMPAIGN.VOUCHERS_IMPORT" if campaign else "VOUCHERS.IMPORT"
    return _start(project, campaign, kind, {"items": list(items), "by": by.as_json()}, request_id, now)


def start_csv_import(
    project: Project, campaign: Campaign | None, raw: bytes, *, by: Actor, request_id: str, now: datetime
) -> AsyncAction:
    """The same of a CSV file with headings (docs/integrators.md). Raises InvalidPayload for what is no such file."""
    if campaign is not None:
        check_can_generate(campaign)
    text = text_of(raw)
    count = sum(1 for _ in rows_of(text))
    _check_count(count, "file")
    kind = "CAMPAIGN.VOUCHERS_IMPORT_CSV" if campaign else "VOUCHERS.IMPORT_CSV"
    return _start(project, campaign, kind, {"csv": text, "by": by.as_json()}, request_id, now)


def run(action: AsyncAction, progress: Progress) -> None:
    """For ASYNC_ACTIONS. How far an earlier run came stands in the payload, written with the codes themselves."""
    items = list(_items(action))
    progress.total(len(items))
    progress.forget_payload()
    at, done = int(action.payload["at"]), int(action.payload["done"])
    progress.done(done)
    for failure in action.payload["failed"]:
        progress.failed(*failure)
    while at < len(items):
        chunk = _store(action.pk, at, items[at : at + CHUNK], len(items))
        if chunk is None:
            return
        at, made, failures = chunk
        progress.done(made)
        for failed in failures:
            progress.failed(failed.code, failed.reason)


def rows_of(text: str) -> Iterator[Mapping[str, str]]:
    """The rows of a file by its headings. Raises InvalidPayload where it is no CSV or has no column of codes."""
    lines = lines_of(text)
    headings = next(lines, [])
    names = [name.strip().casefold() for name in headings]
    if "code" not in names:
        raise InvalidPayload.at("file", "The first line must have a heading 'Code'")
    if len(set(names)) != len(names):
        raise InvalidPayload.at("file", "Two columns have the same heading")
    # A row may be shorter than the headings, or longer.
    return (dict(zip(headings, cells, strict=False)) for cells in lines if cells)


def _codes_of(items: Sequence[JsonValue]) -> list[str]:
    _check_count(len(items), "")
    strange = [place for place, item in enumerate(items) if not isinstance(item, dict)]
    if strange:
        raise InvalidPayload.of(
            [FieldError(str(place), "type", f"Property .{place} must be object", items[place]) for place in strange]
        )
    codes = [item.get("code") for item in items if isinstance(item, dict)]
    missing = sum(not isinstance(code, str) or not code for code in codes)
    if missing:
        raise invalid_voucher(f"Found {missing} voucher(s) without 'code' value")
    return [code for code in codes if isinstance(code, str)]


def _check_count(count: int, path: str) -> None:
    if not 1 <= count <= MOST_CODES:
        raise InvalidPayload.at(path, f"An import has 1 to {MOST_CODES} codes", count)


def _check_new(project: Project, codes: Sequence[str]) -> None:
    different = {code_key(project, code): code for code in codes}
    kept = list(different.values())
    taken = sum(len(find_by_codes(project, kept[start : start + CHUNK])) for start in range(0, len(kept), CHUNK))
    repeated = len(codes) - len(different) + taken
    if repeated:
        raise Refusal(f"{repeated} voucher codes(s) already exist.", key="duplicate_key", message="Duplicate codes")


def _start(
    project: Project, campaign: Campaign | None, kind: str, content: JsonObject, request_id: str, now: datetime
) -> AsyncAction:
    payload = {"campaign": str(campaign.pk) if campaign else None, "at": 0, "done": 0, "failed": [], **content}
    with transaction.atomic():
        return start_action(project, type=kind, payload=payload, request_id=request_id, now=now)


def _items(action: AsyncAction) -> Iterator[JsonObject]:
    if "items" in action.payload:
        yield from action.payload["items"]
        return
    schema = metadata_schemas_of(action.project).get("voucher")
    template: JsonObject = {}
    if action.payload["campaign"]:
        template = Campaign.objects.get(pk=UUID(action.payload["campaign"])).voucher_template
    for row in rows_of(action.payload["csv"]):
        yield item_of_row(row, template, schema)


def _store(action_id: UUID, at: int, items: Sequence[JsonObject], total: int) -> tuple[int, int, list[Failure]] | None:
    """(where the next chunk begins, codes made, what failed); None where another run has finished meanwhile.

    Whoever else runs this action waits for its row.
    """
    with transaction.atomic():
        action = (
            AsyncAction.objects.select_for_update(no_key=True, of=("self",))
            .select_related("project")
            .get(pk=action_id)
        )
        payload: JsonObject = action.payload
        if not payload:
            return None
        if payload["at"] != at:
            return payload["at"], 0, []  # another run of this action was faster
        campaign = _campaign_of(payload)
        made, failures = _insert(action.project, campaign, items, Actor.of(payload))
        payload["at"] += len(items)
        payload["done"] += made
        if campaign is not None and payload["at"] == total and payload["done"]:
            _tell(campaign, action)
        room = MOST_FAILED_KEPT - len(payload["failed"])
        payload["failed"] += [[failed.code, failed.reason] for failed in failures[:room]]
        action.save(update_fields=["payload"])
    return payload["at"], made, failures


def _tell(campaign: Campaign, action: AsyncAction) -> None:
    """Of codes that stand alone each was told by itself."""
    now, cause, count = datetime.now(UTC), str(action.pk), action.payload["done"]
    tell_of_campaign(
        campaign,
        "vouchers.added",
        by=Actor.of(action.payload),
        now=now,
        cause=cause,
        count=count,
        action=action.public_id,
    )


def _campaign_of(payload: JsonObject) -> Campaign | None:
    key = payload["campaign"]
    return Campaign.objects.select_related("project").get(pk=UUID(key)) if key else None


def _insert(
    project: Project, campaign: Campaign | None, items: Sequence[JsonObject], by: Actor
) -> tuple[int, list[Failure]]:
    """Stores the codes that can be; three statements at most."""
    failures: list[Failure] = []
    rows: dict[str, Voucher] = {}
    for item in items:
        code = str(item.get("code") or "")
        try:
            voucher = _voucher(project, campaign, code, item)
        except Refusal as refusal:
            failures.append(Failure(code, f"{refusal.key}: {refusal.details or refusal.message}"))
            continue
        if voucher.code_key in rows:
            failures.append(Failure(code, TAKEN))
        else:
            rows[voucher.code_key] = voucher
    made = insert_new(Voucher, [rows[key] for key in sorted(rows)])
    if campaign is None:
        tell_of_codes(project, made, "created", by=by, now=datetime.now(UTC))
    stored = {voucher.code_key for voucher in made}
    failures += [Failure(voucher.code, TAKEN) for key, voucher in rows.items() if key not in stored]
    return len(made), failures


def _voucher(project: Project, campaign: Campaign | None, code: str, item: Mapping[str, Any]) -> Voucher:
    """Raises Refusal for what cannot be a code."""
    if campaign is not None and campaign.deleted_at is not None:
        raise Refusal("The campaign is deleted", key="not_found")
    check_code(code)
    change, errors = parse_voucher(item)
    if errors:
        raise InvalidPayload.of(errors)
    change = checked_change(project, campaign, change)
    return new_voucher(project, campaign, code, code_key(project, code), change)
