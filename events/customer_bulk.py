"""Many customers at once, written by the worker: files, lists of changes, one metadata for many (contract d.6).

Each is an async action whose payload holds what was sent until it is done. Items are written in chunks, each in a
transaction of its own; a run that begins anew finds what an earlier one wrote and changes nothing of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TypeAlias
from uuid import UUID

from django.db import transaction

from common.ids import uuid7
from common.jsons import JsonObject
from common.transactions import run_in_transaction
from customers.profiles import Profile, parse_profile
from customers.resolution import resolve_customers
from events.chain import Cause, Effect, run_chain
from events.customer_csv import profile_of, read_sheet
from events.customer_metadata import metadata_check, refusals_of
from events.recording import profile_effects
from eventschema.resources import CUSTOMER, metadata_schemas_of
from outbox.actions import Progress, start_action
from outbox.erasure import erased_rows
from projects.models import AsyncAction, Project

IMPORT_CSV = "CUSTOMERS.IMPORT_CSV"
BULK_UPDATE = "CUSTOMERS.BULK_UPDATE"
METADATA_UPDATE = "CUSTOMERS.METADATA_UPDATE"
# Customers of one transaction, who are locked meanwhile.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Item:
    """One customer of the many: the position among the rows, whose it is, and the profile, or the sentence that says
    why there is none. `line` is that of the file.
    """

    position: int
    name: str
    profile: Profile | str
    line: int | None = None


Failure: TypeAlias = tuple[Item, str]


def start_csv_import(project: Project, raw: bytes, *, request_id: str, now: datetime) -> AsyncAction:
    """Has the worker write the customers of a file. Raises InvalidPayload for a file that is no table."""
    sheet = read_sheet(raw)
    return _start(
        project, IMPORT_CSV, {"header": [*sheet.header], "rows": [[*row] for row in sheet.rows]}, request_id, now
    )


def start_bulk_update(
    project: Project, customers: Sequence[JsonObject], *, request_id: str, now: datetime
) -> AsyncAction:
    """Has the worker write a list of customers, each as one alone would be."""
    return _start(project, BULK_UPDATE, {"rows": [*customers]}, request_id, now)


def start_metadata_update(
    project: Project, source_ids: Sequence[str], metadata: JsonObject, *, request_id: str, now: datetime
) -> AsyncAction:
    """Has the worker give the same metadata to all of these customers, those created who are missing."""
    return _start(project, METADATA_UPDATE, {"rows": [*source_ids], "metadata": metadata}, request_id, now)


def _start(project: Project, kind: str, payload: JsonObject, request_id: str, now: datetime) -> AsyncAction:
    with transaction.atomic():
        return start_action(project, type=kind, payload=payload, request_id=request_id, now=now)


def run(action: AsyncAction, progress: Progress) -> None:
    """The worker's side of all three."""
    progress.forget_payload()
    progress.total(sum(1 for row in action.payload["rows"] if row not in ([], None)))
    items = _items(action)
    while chunk := list(islice(items, CHUNK)):
        written, failures = _write_chunk(action, chunk)
        for item, reason in failures:
            progress.failed(item.name, reason, item.line)
        progress.done(written)


def _items(action: AsyncAction) -> Iterator[Item]:
    """The rows of the payload; one that was erased meanwhile (outbox/erasure.py) is null and left out."""
    payload = action.payload
    schema = metadata_schemas_of(action.project).get(CUSTOMER) if action.type == IMPORT_CSV else None
    for position, row in enumerate(payload["rows"]):
        if row in ([], None):
            continue
        if action.type == IMPORT_CSV:
            profile = profile_of(payload["header"], row, schema, _key_of(action, position))
            cells = dict(zip(map(str.lower, payload["header"]), row, strict=False))
            yield Item(position, _named_in(cells), profile, line=position + 2)
        elif action.type == BULK_UPDATE:
            yield Item(position, _named_in(row), _changes(row))
        else:
            yield Item(position, row, Profile(source_id=row, metadata=payload["metadata"]))


def _key_of(action: AsyncAction, position: int) -> UUID:
    """Of the customer whom a row makes: of the action's own time, and the same in each run."""
    return UUID(int=(action.pk.int & ~0xFFFFFFFF) | position)


def _changes(row: JsonObject) -> Profile | str:
    """A null is what was not sent, as in an embedded customer (contract k.5)."""
    profile, errors = parse_profile(row, "", takes_former_ids=True)
    if errors:
        return "; ".join(error.message for error in errors)
    return profile if profile.names_somebody else "The item must have a source_id"


def _named_in(said: JsonObject) -> str:
    """What the row calls its customer by, however wrong the rest of it is."""
    names = (said.get(name) for name in ("source_id", "id", "legacy_id", "email"))
    return next((name for name in names if isinstance(name, str) and name), "")


def _write_chunk(action: AsyncAction, items: Sequence[Item]) -> tuple[int, list[Failure]]:
    """Writes those that can be written in one transaction, a fixed number of statements: how many, and the others."""
    now = datetime.now(UTC)
    failures = [(item, item.profile) for item in items if isinstance(item.profile, str)]
    good = [item for item in items if isinstance(item.profile, Profile)]
    written, refused = run_in_transaction(lambda: _write(action, good, now))
    return written, failures + refused


def _write(action: AsyncAction, items: Sequence[Item], now: datetime) -> tuple[int, list[Failure]]:
    project = action.project
    project.refresh_from_db()
    # Before the customers, as an erasure does it: who is erased now is not made anew by what was read before.
    erased = erased_rows(action)
    items = [item for item in items if item.position not in erased]
    profiles = [item.profile for item in items if isinstance(item.profile, Profile)]
    check = metadata_check(project, "metadata")
    people = resolve_customers(project, profiles, now=now, admits=check)
    refusals = refusals_of(check)
    failures: list[Failure] = []
    effects: list[Effect] = []
    for position, (item, person) in enumerate(zip(items, people, strict=True)):
        if person is None:
            refusal = refusals.get(position)
            failures.append((item, refusal.details if refusal else "There is no customer of that id"))
        else:
            effects += profile_effects(Cause("customer.updated", uuid7(), now, person.customer.pk), person)
    run_chain(project, [effect.cause for effect in effects], now=now, group_id=action.request_id, already=effects)
    return len(items) - len(failures), failures
