"""From profiles to customers: found, locked, created, merged – for a list at once."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from common.ids import uuid7
from common.jsons import JsonValue, dumps
from common.statements import Select, Update
from common.writing import insert_new
from customers.former_ids import with_former_ids
from customers.models import Customer
from customers.profiles import ADDRESS_FIELDS, DATE_FIELDS, TEXT_FIELDS, Profile
from projects.models import Project

MERGED_COLUMNS = [*TEXT_FIELDS, *DATE_FIELDS, "address", "metadata", "legacy_id", "updated_at"]

_LIVING = "project_id = %s AND deleted_at IS NULL"
_lock_named = Select(Customer, f"{_LIVING} AND (id IN %s OR source_id IN %s) ORDER BY id", lock="FOR NO KEY UPDATE")
_lock_by_source = Select(Customer, f"{_LIVING} AND source_id IN %s ORDER BY id", lock="FOR NO KEY UPDATE")
_update_merged = Update(Customer, {name: f"new.{name}" for name in MERGED_COLUMNS})

# ("id", key), ("source_id", text), ("legacy_id", text) of one to be created without a source id, or ("new", position)
# for a profile that names nobody.
Identity: TypeAlias = tuple[str, UUID | str | int | None]
# Whether a profile may be written: its position, the customer's metadata before (None for a new one), what is sent.
Admits: TypeAlias = Callable[[int, Mapping[str, JsonValue] | None, Mapping[str, JsonValue]], bool]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A customer, and what this profile changed: field names and `metadata.<key>`; nothing for a new customer."""

    customer: Customer
    is_new: bool
    changed: tuple[str, ...]


def resolve_customers(
    project: Project,
    profiles: Sequence[Profile],
    *,
    now: datetime,
    also_lock: Collection[UUID] = (),
    naming: Collection[int] = (),
    admits: Admits | None = None,
) -> list[Resolved | None]:
    """The customer of every profile, in order; None where a profile names an id that this project does not have, or a
    former id for a customer who has another.

    Profiles at the positions of `naming` merely name a customer: they change nothing, and where there is none, None.
    A profile that `admits` turns away writes nothing either; its place holds None.

    Found by id, else by source id, else created; sent fields replace, metadata and address are merged key by key, in
    order of arrival. A former id finds a customer like an id, is given to who is found by source id and has none, and
    else to who is created. Every customer found, and those of `also_lock`, are locked in pk order until the
    transaction ends: whoever changes what belongs to a customer (cards, conversions) holds this lock. At most 4
    statements, and one more where another writer creates the same customer at the same moment, and one where former
    ids are named.
    """
    profiles = with_former_ids(project, profiles)
    identities = [_identity(profile, position) for position, profile in enumerate(profiles)]
    known = _lock(project, identities, also_lock)
    refused = _contradicting(profiles, identities, known)
    if admits:
        refused |= _refused(profiles, identities, known, naming, admits)
    silent = refused.union(naming)
    writing = [pair for at, pair in enumerate(zip(profiles, identities, strict=True)) if at not in silent]
    created = _create_missing(project, writing, known, now)
    return _settle(zip(profiles, identities, strict=True), known, created, refused, naming, now)


def _contradicting(
    profiles: Sequence[Profile], identities: Sequence[Identity], known: Mapping[Identity, Customer]
) -> set[int]:
    """The positions of profiles whose former id is another one's, or whose customer has another former id."""
    owners: dict[str, Identity] = {}
    contradicting: set[int] = set()
    for position, (profile, identity) in enumerate(zip(profiles, identities, strict=True)):
        if profile.legacy_id is None:
            continue
        customer = known.get(identity)
        is_anothers = customer is not None and customer.legacy_id not in (None, profile.legacy_id)
        if is_anothers or owners.setdefault(profile.legacy_id, identity) != identity:
            contradicting.add(position)
    return contradicting


def _refused(
    profiles: Sequence[Profile],
    identities: Sequence[Identity],
    known: Mapping[Identity, Customer],
    naming: Collection[int],
    admits: Admits,
) -> set[int]:
    """The positions of profiles that are turned away; each is judged by what those before it would have written."""
    refused: set[int] = set()
    written: dict[UUID | Identity, Mapping[str, JsonValue]] = {}
    for position, (profile, identity) in enumerate(zip(profiles, identities, strict=True)):
        customer = known.get(identity)
        if position in naming or (customer is None and profile.id is not None):
            continue
        whom = customer.pk if customer else identity
        before = None if profile.replaces else written.get(whom, customer.metadata if customer else None)
        if admits(position, before, profile.metadata):
            written[whom] = {**(before or {}), **profile.metadata}
        else:
            refused.add(position)
    return refused


def merge_profile(customer: Customer, profile: Profile) -> tuple[str, ...]:
    """Writes what the profile says into the customer (unsaved) and tells what differed."""
    fields = profile.fields if profile.legacy_id is None else {**profile.fields, "legacy_id": profile.legacy_id}
    differences = [name for name, value in fields.items() if getattr(customer, name) != value]
    for name in differences:
        setattr(customer, name, fields[name])
    before = None if profile.replaces else customer.address
    address = None if profile.clears_address else _merged_address(before, profile.address)
    if address != customer.address:
        customer.address = address
        differences.append("address")
    new_keys = [
        key
        for key, value in profile.metadata.items()
        if key not in customer.metadata or not _same(customer.metadata[key], value)
    ]
    if profile.replaces:
        new_keys += [key for key in customer.metadata if key not in profile.metadata]
    if new_keys:
        customer.metadata = {**({} if profile.replaces else customer.metadata), **profile.metadata}
    return (*differences, *(f"metadata.{key}" for key in new_keys))


def _identity(profile: Profile, position: int) -> Identity:
    if profile.id is not None or profile.key is not None:
        return "id", profile.key
    if profile.new_key is not None:
        return "id", profile.new_key
    if profile.source_id is not None:
        return "source_id", profile.source_id
    if profile.legacy_id is not None:
        return "legacy_id", profile.legacy_id
    return "new", position


def _lock(project: Project, identities: Collection[Identity], also: Collection[UUID] = ()) -> dict[Identity, Customer]:
    """The living customers that are named, by both of their identities, locked in pk order."""
    keys = {value for kind, value in identities if kind == "id" and value is not None} | set(also)
    sources = {value for kind, value in identities if kind == "source_id"}
    if not keys and not sources:
        return {}
    # In pk order, or two batches that share customers would deadlock. Not FOR UPDATE: rows that merely refer to a
    # customer (a conversion naming the referrer) must not wait.
    customers = (
        _lock_named(project.id, list(keys), list(sources)) if keys else _lock_by_source(project.id, list(sources))
    )
    found: dict[Identity, Customer] = {}
    for customer in customers:
        found["id", customer.id] = customer
        if customer.source_id is not None:
            found["source_id", customer.source_id] = customer
    return found


def _create_missing(
    project: Project,
    profiles: Sequence[tuple[Profile, Identity]],
    known: dict[Identity, Customer],
    now: datetime,
) -> set[UUID]:
    """Inserts who is missing, merged from all of their profiles, and adds them to `known`; returns the new keys."""
    rows: dict[Identity, Customer] = {}
    for profile, identity in profiles:
        if profile.id is None and identity not in known:
            fresh = Customer(
                id=profile.new_key or uuid7(), project=project, source_id=profile.source_id, created_at=now
            )
            row = rows.setdefault(identity, fresh)
            merge_profile(row, profile)
    # Sorted by the unique key: concurrent writers in different orders would deadlock.
    inserted = insert_new(Customer, sorted(rows.values(), key=lambda row: row.source_id or ""))
    new = {row.pk for row in inserted}
    lost = [identity for identity, row in rows.items() if row.pk not in new]
    known.update({identity: row for identity, row in rows.items() if row.pk in new})
    known.update(_lock(project, lost))
    return new


def _settle(
    named: Iterable[tuple[Profile, Identity]],
    known: Mapping[Identity, Customer],
    created: set[UUID],
    refused: Collection[int],
    naming: Collection[int],
    now: datetime,
) -> list[Resolved | None]:
    """What becomes of every profile: merged into who was there, and written at once. At most one statement.

    The first profile of whom it creates makes a customer new; one that merely names such a customer before, nobody.
    """
    resolved: list[Resolved | None] = []
    unreported = set(created)
    changed: dict[UUID, Customer] = {}
    for position, (profile, identity) in enumerate(named):
        customer = known.get(identity)
        is_naming = position in naming
        if customer is None or position in refused or (is_naming and customer.id in unreported):
            resolved.append(None)
            continue
        differences = () if is_naming or customer.id in created else merge_profile(customer, profile)
        if differences:
            customer.updated_at = now
            changed[customer.id] = customer
        resolved.append(Resolved(customer, customer.id in unreported, differences))
        unreported.discard(customer.id)
    _write(changed.values())
    return resolved


def _write(customers: Iterable[Customer]) -> None:
    _update_merged(sorted(customers, key=lambda customer: customer.id))


def _merged_address(
    before: Mapping[str, str | None] | None, sent: Mapping[str, str | None] | None
) -> Mapping[str, str | None] | None:
    if not sent:
        return before
    merged = {**(before or {}), **sent}
    return {name: merged[name] for name in ADDRESS_FIELDS if name in merged}


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and true are not."""
    return bool(one == other) and dumps(one) == dumps(other)
