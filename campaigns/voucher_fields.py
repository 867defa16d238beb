"""What senders say of a code: in its own calls, in imports, in what is added to a campaign."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.models import CAMPAIGN_TYPE_OF, VoucherType
from campaigns.offers import Parsed, parse_discount, parse_gift
from campaigns.validity import FIELDS as VALIDITY_FIELDS
from campaigns.validity import parse_validity
from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError
from common.times import parse_date, parse_moment

LONGEST_TEXT = 255
LONGEST_INFO = 2_000
MOST_REDEMPTIONS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class VoucherChange:
    """The columns that were sent, by their names; what was not sent is as its campaign says, or stays as it is."""

    columns: Mapping[str, Any] = field(default_factory=dict)


def parse_voucher(
    raw: Mapping[str, JsonValue], path: str = "", *, nulls_clear: bool = False
) -> tuple[VoucherChange, list[FieldError]]:
    """What a body says of a code, and an error for every field that is wrong. Unknown keys are ignored.

    With `nulls_clear` a null clears what may be empty; elsewhere it says nothing, as the SDKs write it (contract k.5).
    """
    parser = _Parser(raw, path, nulls_clear)
    parser.read()
    return VoucherChange(parser.columns), parser.errors


class _Parser:
    def __init__(self, raw: Mapping[str, JsonValue], path: str, nulls_clear: bool) -> None:
        self.raw = raw
        self.path = path
        self.nulls_clear = nulls_clear
        self.columns: dict[str, Any] = {}
        self.errors: list[FieldError] = []

    def read(self) -> None:
        self._field("type", _read_type, "must be one of " + ", ".join(VoucherType.values))
        self._field("category", _read_text(LONGEST_TEXT), f"must be string of at most {LONGEST_TEXT} characters", "")
        info = f"must be string of at most {LONGEST_INFO} characters"
        self._field("additional_info", _read_text(LONGEST_INFO), info, "")
        for name in ("start_date", "expiration_date"):
            self._field(name, _read_moment, "cannot be recognized as a ISO-8601 compliant date", None)
        self._field("active", lambda value: value if isinstance(value, bool) else None, "must be boolean")
        self._field("metadata", lambda value: value if isinstance(value, dict) else None, "must be object")
        self._offer("discount", parse_discount)
        self._offer("gift", parse_gift)
        self._redemption()
        self._validity()
        self._window()

    def _field(self, name: str, read: Callable[[JsonValue], Any], sentence: str, *empty: Any) -> None:
        """`empty` is what a null clears to, where it may."""
        if name not in self.raw:
            return
        value = self.raw[name]
        if value is None:
            if self.nulls_clear and empty:
                self.columns[name] = empty[0]
            return
        found = read(value)
        if found is None:
            self._complain(name, sentence, value)
        else:
            self.columns[name] = found

    def _offer(self, name: str, parse: Callable[[JsonValue, str], Parsed]) -> None:
        if self.raw.get(name) is None:
            return
        offer, errors = parse(self.raw[name], self._at(name))
        self.errors += errors
        self.columns[name] = offer

    def _redemption(self) -> None:
        redemption = self.raw.get("redemption")
        if redemption is None:
            return
        if not isinstance(redemption, dict):
            self._complain("redemption", "must be object", redemption)
            return
        quantity = redemption.get("quantity")
        if quantity is None:
            if "quantity" in redemption and self.nulls_clear:
                self.columns["quantity"] = None
        elif type(quantity) is int and 0 <= quantity <= MOST_REDEMPTIONS:
            self.columns["quantity"] = quantity
        else:
            self._complain("redemption.quantity", f"must be integer from 0 to {MOST_REDEMPTIONS}", quantity)

    def _validity(self) -> None:
        if not any(name in self.raw for name in VALIDITY_FIELDS):
            return
        # Whether there is a start is for whoever knows what is stored (`check_window`).
        validity, errors = parse_validity(self.raw, self.path, has_start=True)
        self.errors += errors
        cleared = {name: None for name in VALIDITY_FIELDS if name in self.raw and self.raw[name] in (None, {}, [])}
        if validity or (cleared and self.nulls_clear):
            self.columns["validity"] = cleared | validity if self.nulls_clear else validity

    def _window(self) -> None:
        start, end = self.columns.get("start_date"), self.columns.get("expiration_date")
        if start and end and end <= start:
            self._complain("expiration_date", "must be after .start_date", self.raw["expiration_date"])

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}".lstrip(".")

    def _complain(self, name: str, sentence: str, value: JsonValue) -> None:
        where = self._at(name)
        self.errors.append(FieldError(where, "invalid", f"Property .{where} {sentence}", value))


def merged_validity(stored: JsonObject, sent: Mapping[str, Any]) -> JsonObject:
    """What is stored, with what was sent in its place; what was sent as None is gone."""
    return {name: value for name, value in {**stored, **sent}.items() if value is not None}


def _read_type(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value in CAMPAIGN_TYPE_OF else None


def _read_text(longest: int) -> Callable[[JsonValue], str | None]:
    return lambda value: value if isinstance(value, str) and len(value) <= longest else None


def _read_moment(value: JsonValue) -> Any:
    """A date stands for its first moment in UTC."""
    return parse_moment(value) or (parse_moment(f"{value}T00:00:00Z") if parse_date(value) else None)
