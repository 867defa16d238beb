"""Customers as rows of a CSV file (contract d.6): one row is a whole profile, and takes the place of what was known.

The columns of the contract are found in any case; every other column is metadata, read by the type that the project's
schema of customers has for it, and as text where it has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from common.csv_files import lines_of, text_of
from common.ids import parse_public_id
from common.jsons import InvalidJson, JsonObject, JsonValue, check_limits
from common.refusals import FieldError, InvalidPayload
from customers.former_ids import is_former_id
from customers.profiles import DATE_FIELDS, TEXT_FIELDS, Profile, parse_profile
from eventschema.property_types.base import CannotCast
from eventschema.property_types.number import read_json
from eventschema.schema import CompiledProperties, CompiledProperty

ID = "id"
ADDRESS = {
    "address_line_1": "line_1",
    "address_line_2": "line_2",
    "address_postal_code": "postal_code",
    "address_city": "city",
    "address_state": "state",
    "address_country": "country",
}
FIELDS = (ID, "source_id", "name", "email", "phone", "birthdate", "description")
MOST_COLUMNS = 1_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's header, and its rows as lists of cells. A line without any is an empty list."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def read_sheet(raw: bytes) -> Sheet:
    """Raises InvalidPayload where it is no table that can be read."""
    lines = list(lines_of(text_of(raw)))
    if not lines or not lines[0]:
        raise InvalidPayload.at("file", "The file is empty", code="length")
    header = lines[0]
    if errors := _wrong_names(header):
        raise InvalidPayload.of(errors)
    return Sheet(header, lines[1:])


def _wrong_names(header: Sequence[str]) -> list[FieldError]:
    known = [name.lower() for name in header]
    errors = [
        FieldError("file", "header", f"The header '{name[:100]}' must be a word without blanks", name)
        for name in header
        if not name or any(character.isspace() for character in name)
    ]
    if len(set(known)) < len(known):
        errors.append(FieldError("file", "header", "The header names a column twice"))
    if len(header) > MOST_COLUMNS:
        errors.append(FieldError("file", "header", f"The file has more than {MOST_COLUMNS} columns"))
    return errors


def profile_of(
    header: Sequence[str], cells: Sequence[str], schema: CompiledProperties | None, new_key: UUID
) -> Profile | str:
    """The profile of a row, or the sentence that says why it has none. Who names nobody becomes a customer with the
    `new_key`, so that a row makes one customer however often it is read.
    """
    if len(cells) != len(header):
        return f"The row has {len(cells)} cells, the header {len(header)}"
    said, metadata = _said(header, cells), _metadata(header, cells, schema)
    named = said.pop(ID, None)
    if named is not None:
        is_ours = parse_public_id("cust", named) is not None
        if not is_ours and not is_former_id(named):
            return f"Id must be an id of a customer: {named[:100]}"
        said["id" if is_ours else "legacy_id"] = named
    body = {**_EMPTY, **said, "metadata": metadata}
    try:
        check_limits(body)
    except InvalidJson as error:
        return str(error).replace("The body", "The row")
    profile, errors = parse_profile(body, "", nulls_clear=True, takes_former_ids=True)
    if errors:
        return "; ".join(error.message for error in errors)
    return profile.whole(new_key=None if profile.names_somebody else new_key)


# A row says everything: what it leaves out is not known of the customer.
_EMPTY: JsonObject = dict.fromkeys((*TEXT_FIELDS, *DATE_FIELDS, "address"))


def _said(header: Sequence[str], cells: Sequence[str]) -> JsonObject:
    said: JsonObject = {}
    address: JsonObject = {}
    for name, cell in zip((name.lower() for name in header), cells, strict=True):
        if not cell:
            continue
        if name in FIELDS:
            said[name] = cell
        elif name in ADDRESS:
            address[ADDRESS[name]] = cell
    return {**said, "address": address or None}


def _metadata(header: Sequence[str], cells: Sequence[str], schema: CompiledProperties | None) -> JsonObject:
    properties: Mapping[str, CompiledProperty] = schema.by_key if schema else {}
    return {
        name: _typed(cell, properties[name]) if name in properties else cell
        for name, cell in zip(header, cells, strict=True)
        if cell and name.lower() not in FIELDS and name.lower() not in ADDRESS
    }


def _typed(cell: str, known: CompiledProperty) -> JsonValue:
    """What the cell says in the property's type; one that says nothing in it stays a text, which is then refused."""
    if known.array:
        return read_json(cell)
    try:
        return known.kind.cast(cell)
    except CannotCast:
        return cell
