"""What a sender says of a customer: the shape of the `customer` object, embedded or in its own calls."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from common.ids import parse_public_id
from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError
from common.times import parse_date

TEXT_FIELDS = ("name", "description", "email", "phone")
DATE_FIELDS = ("birthdate", "birthday")
ADDRESS_FIELDS = ("city", "state", "line_1", "line_2", "country", "postal_code")
COLUMN_LENGTH = 255
# An id that a customer had elsewhere; longer than ours, so that nothing is both.
FORMER_ID = re.compile(r"cust_[0-9A-Za-z]{24}\Z")


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer as sent. `fields` holds what was said: a field that is missing is left as it is, a null clears it.

    `id` is the raw public id and `key` the key behind it, or None where it is no id of ours at all. `legacy_id` is the
    id that the customer is to have beside ours (customers/former_ids.py).
    """

    id: str | None = None
    key: UUID | None = None
    source_id: str | None = None
    legacy_id: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    address: Mapping[str, str | None] | None = None
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    clears_address: bool = False
    # Whether it takes the place of all that is known, instead of being merged into it.
    replaces: bool = False
    # The key of the customer whom a profile that names nobody makes, where that must not happen twice.
    new_key: UUID | None = None

    def whole(self, *, new_key: UUID | None) -> "Profile":
        """The same, as all that is known of the customer."""
        return replace(self, replaces=True, new_key=new_key)

    @property
    def names_somebody(self) -> bool:
        return self.is_identified or self.legacy_id is not None

    @property
    def is_identified(self) -> bool:
        return self.id is not None or self.source_id is not None

    @property
    def is_empty(self) -> bool:
        return not self.is_identified and not any(self.fields.values())


def parse_profile(
    raw: JsonValue, path: str = "customer", *, nulls_clear: bool = False, takes_former_ids: bool = False
) -> tuple[Profile, list[FieldError]]:
    """A profile, and an error for every field of the wrong shape. Unknown keys are ignored.

    Only what is about customers and nothing else `takes_former_ids`, as `legacy_id`.

    With `nulls_clear` (the customers' own calls) a null clears a field; in an embedded customer it means "not sent",
    since the official Python SDK writes nulls for whatever was left out (contract k.5).
    """
    if not isinstance(raw, dict):
        return Profile(), [_wrong(path, "object", raw)]
    parser = _Parser(raw, path, nulls_clear)
    identity = parser.text("id", shortest=1)
    source_id = parser.text("source_id", shortest=1)
    profile = Profile(
        id=identity,
        key=parse_public_id("cust", identity),
        source_id=source_id,
        legacy_id=parser.former_id() if takes_former_ids else None,
        fields=parser.fields(),
        address=parser.address(),
        metadata=parser.metadata(),
        clears_address=nulls_clear and "address" in raw and raw["address"] is None,
    )
    return profile, parser.errors


class _Parser:
    def __init__(self, raw: JsonObject, path: str, nulls_clear: bool) -> None:
        self.raw = raw
        self.prefix = f"{path}." if path else ""
        self.nulls_clear = nulls_clear
        self.errors: list[FieldError] = []

    def text(self, name: str, *, shortest: int = 0) -> str | None:
        value = self.raw.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.errors.append(_wrong(f"{self.prefix}{name}", "string", value))
        elif name != "description" and len(value) > COLUMN_LENGTH:
            self._complain(name, "max_length", f"must NOT have more than {COLUMN_LENGTH} characters", value)
        elif len(value) < shortest:
            self._complain(name, "min_length", f"must NOT have fewer than {shortest} characters", value)
        else:
            return value
        return None

    def former_id(self) -> str | None:
        value = self.raw.get("legacy_id")
        if value is None or (isinstance(value, str) and FORMER_ID.match(value)):
            return value
        self._complain("legacy_id", "format", "must be cust_ and 24 letters or digits", value)
        return None

    def fields(self) -> dict[str, Any]:
        sent = [
            name
            for name in (*TEXT_FIELDS, *DATE_FIELDS)
            if name in self.raw and (self.nulls_clear or self.raw[name] is not None)
        ]
        return {name: self.text(name) if name in TEXT_FIELDS else self._date(name) for name in sent}

    def _date(self, name: str) -> Any:
        value = self.raw[name]
        day = parse_date(value)
        if day is None and value is not None:
            self._complain(name, "date", "must be a date in ISO 8601 (YYYY-MM-DD)", value)
        return day

    def address(self) -> dict[str, str | None] | None:
        value = self.raw.get("address")
        if value is None:
            return None
        if not isinstance(value, dict):
            self.errors.append(_wrong(f"{self.prefix}address", "object", value))
            return None
        sent = {name: value[name] for name in ADDRESS_FIELDS if name in value}
        for name, part in sent.items():
            if part is not None and not isinstance(part, str):
                self.errors.append(_wrong(f"{self.prefix}address.{name}", "string", part))
        return {name: part for name, part in sent.items() if self.nulls_clear or part is not None}

    def metadata(self) -> JsonObject:
        value = self.raw.get("metadata")
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.errors.append(_wrong(f"{self.prefix}metadata", "object", value))
            return {}
        return value

    def _complain(self, name: str, code: str, message: str, actual: JsonValue) -> None:
        path = f"{self.prefix}{name}"
        self.errors.append(FieldError(path, code, f"Property .{path} {message}", actual))


def _wrong(path: str, wanted: str, actual: JsonValue) -> FieldError:
    return FieldError(path, "type", f"Property .{path} must be {wanted}", actual)
