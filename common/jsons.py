"""JSON as Boon reads and writes it: a strict parser with limits, and an encoder that keeps numbers exact.

Numbers are parsed as `int` or `Decimal`, never as `float`. The parser refuses what would fail or differ later:
duplicate keys, NaN and infinities, NUL and lone surrogates (PostgreSQL refuses both inside JSONB, SQLite does not),
integers beyond 64 bits, and whatever is deeper, wider or longer than `Limits`.
"""

import json
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeAlias
from uuid import UUID

from django.db import models
from django.db.models.fields.json import KeyTransform

from common.times import iso

# A checker cannot follow JSON through every index; what a value must be is said where it is read.
JsonValue: TypeAlias = Any
JsonObject: TypeAlias = dict[str, JsonValue]

INTEGER_LIMIT = 2**63
NUMBER_LENGTH = 60
SAFE_LENGTH = 15
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_NESTED = (dict, list)


class InvalidJson(ValueError):
    """A body that Boon does not take. `str()` is one sentence for the sender."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may hold: levels of nesting, keys in all, and bytes of UTF-8 in one string."""

    depth: int = 20
    keys: int = 1_000
    text: int = 10_240


STANDARD = Limits()


def parse(raw: bytes, limits: Limits = STANDARD) -> JsonValue:
    """The value of a JSON document in UTF-8. Raises InvalidJson."""
    value = _load(raw, _strict)
    if _may_exceed(raw, limits):
        check_limits(value, limits)
    return value


def _load(raw: bytes, decoder: json.JSONDecoder) -> JsonValue:
    if raw.startswith(BOM_UTF8):
        raise InvalidJson("The body is not JSON: it begins with a byte order mark (BOM)")
    try:
        return decoder.decode(raw.decode())
    except UnicodeDecodeError as error:
        raise InvalidJson(f"The body is not UTF-8 (byte {error.start})") from error
    except RecursionError as error:
        raise InvalidJson(f"The body is nested deeper than {STANDARD.depth} levels") from error
    except json.JSONDecodeError as error:
        raise InvalidJson(f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from error


@dataclass(frozen=True, slots=True)
class Unfit:
    """Stands in a document of many items for a value that Boon does not take; `check_limits` raises its message.

    `found` is the number as text, or the members of the object as pairs.
    """

    message: str
    found: JsonValue = None


def parse_items(raw: bytes) -> JsonValue:
    """A document whose items are judged one by one: only what is no JSON at all is refused as a whole.

    Call `check_limits` for each item. Raises InvalidJson.
    """
    value = _load(raw, _strict_by_item)
    if isinstance(value, Unfit):
        raise InvalidJson(value.message)
    return value


def _tolerant(hook: Callable[[Any], JsonValue]) -> Callable[[Any], JsonValue]:
    def tolerant(found: Any) -> JsonValue:
        try:
            return hook(found)
        except InvalidJson as error:
            return Unfit(str(error), found)

    return tolerant


def check_limits(value: JsonValue, limits: Limits = STANDARD) -> None:
    """Raises InvalidJson where a parsed value exceeds `limits` or holds a character that cannot be stored."""
    if _keys_in([value], 0, limits) > limits.keys:
        raise InvalidJson(f"The body holds more than {limits.keys} keys")


def _keys_in(item: JsonObject | list[JsonValue], depth: int, limits: Limits) -> int:
    """The number of keys in an object or list, at any level; raises for everything else that breaks a limit."""
    if depth > limits.depth:
        raise InvalidJson(f"The body is nested deeper than {limits.depth} levels")
    keys, children = (len(item), (*item, *item.values())) if isinstance(item, dict) else (0, item)
    for child in children:
        if isinstance(child, str):
            _check_text(child, limits)
        elif isinstance(child, _NESTED):
            keys += _keys_in(child, depth + 1, limits)
        elif isinstance(child, Unfit):
            raise InvalidJson(child.message)
    return keys


def _may_exceed(raw: bytes, limits: Limits) -> bool:
    """Whether a document has to be walked: most are too small to break a limit, and hold no escaped character."""
    return (
        len(raw) > limits.text
        or b"\\u" in raw
        or raw.count(b"{") + raw.count(b"[") > limits.depth
        or raw.count(b":") > limits.keys
    )


def _check_text(text: str, limits: Limits) -> None:
    # What is forbidden is not printable, and most texts are.
    if not text.isprintable() and _FORBIDDEN.search(text):
        raise InvalidJson("The body holds a NUL character or a lone surrogate, which cannot be stored")
    if len(text) * 4 > limits.text and len(text.encode()) > limits.text:
        raise InvalidJson(f"The body holds a string longer than {limits.text} bytes")


def storable(text: str, length: int) -> str:
    """A text from elsewhere (an error's, say) without what no column can hold, cut to `length` characters."""
    return _FORBIDDEN.sub("\ufffd", text)[:length]


def _object(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    result = dict(pairs)
    if len(result) != len(pairs):
        counted = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counted.items() if count > 1)
        raise InvalidJson(f"The body holds the key '{twice[:100]}' twice in one object")
    return result


def _integer(text: str) -> int:
    number = int(text) if len(text) <= NUMBER_LENGTH else INTEGER_LIMIT
    if not -INTEGER_LIMIT <= number < INTEGER_LIMIT:
        raise InvalidJson("The body holds an integer that does not fit 64 bits")
    return number


def _decimal(text: str) -> Decimal:
    if len(text) > NUMBER_LENGTH:
        raise InvalidJson(f"The body holds a number of more than {NUMBER_LENGTH} characters")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise InvalidJson("The body holds a number that is out of range") from error
    # Beyond a double a number cannot be stored alike in both databases.
    if abs(float(number)) == float("inf") or (number and not float(number)):
        raise InvalidJson("The body holds a number that is out of range")
    return number


def _constant(name: str) -> NoReturn:
    raise InvalidJson(f"The body holds {name}, which is not JSON")


# Made once: a decoder takes longer to make than an event to read.
_strict = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)
_strict_by_item = json.JSONDecoder(
    object_pairs_hook=_tolerant(_object),
    parse_int=_tolerant(_integer),
    parse_float=_tolerant(_decimal),
    parse_constant=_tolerant(_constant),
)


class _NeedsExactForm(Exception):
    """A Decimal with more digits than a float can show."""


def dumps(value: JsonValue) -> str:
    """Compact JSON with Decimals as numbers, times as ISO 8601 in UTC with milliseconds, UUIDs as text.

    Raises ValueError on NaN and infinities.
    """
    try:
        return _encoder.encode(value)
    except _NeedsExactForm:
        return "".join(_exact_chunks(value))


def _plain(value: object) -> JsonValue:
    form = _FORMS.get(type(value))
    if form is None:
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return form(value)


def _plain_number(value: Decimal) -> int | float:
    text = str(value)
    # A float shows any 15 digits as they are.
    if len(text) <= SAFE_LENGTH and "E" not in text and text[-1].isdigit():
        number = float(text)
        return int(number) if number.is_integer() else number
    if value == value.to_integral_value() and -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        return int(value)
    number = float(value)
    if Decimal(repr(number)) != value:
        raise _NeedsExactForm
    return number


_FORMS: dict[type, Callable[[Any], JsonValue]] = {
    Decimal: _plain_number,
    datetime: iso,
    date: date.isoformat,
    UUID: str,
}


class _CompactEncoder(json.JSONEncoder):
    """The standard encoder, which makes its C part anew for each document, with that part made once.

    Without the look for circles: what Boon writes was parsed, or has just been made.
    """

    def __init__(self, *, sort_keys: bool = False) -> None:
        plain: Any = {"ensure_ascii": False, "allow_nan": False, "check_circular": False, "separators": (",", ":")}
        super().__init__(default=_plain, sort_keys=sort_keys, **plain)
        self._chunks: Any = None
        if make := getattr(json.encoder, "c_make_encoder", None):
            names = (self.key_separator, self.item_separator, self.sort_keys, self.skipkeys, self.allow_nan)
            self._chunks = make(None, self.default, json.encoder.encode_basestring, None, *names)

    def encode(self, o: JsonValue) -> str:
        return "".join(self._chunks(o, 0)) if self._chunks else super().encode(o)


_encoder = _CompactEncoder()
_sorting_encoder = _CompactEncoder(sort_keys=True)


def canonical(value: JsonValue) -> str:
    """`dumps` with the keys of every object in order: alike for equal documents, however they were written."""
    try:
        return _sorting_encoder.encode(value)
    except _NeedsExactForm:
        return "".join(_exact_chunks(_sorted(value)))


def _sorted(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _exact_chunks(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        separator = "{"
        for key, item in value.items():
            yield separator + json.dumps(key, ensure_ascii=False) + ":"
            yield from _exact_chunks(item)
            separator = ","
        yield "}" if value else "{}"
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            yield separator
            yield from _exact_chunks(item)
            separator = ","
        yield "]" if value else "[]"
    elif isinstance(value, Decimal):
        try:
            yield repr(_plain_number(value))
        except _NeedsExactForm:
            yield _all_digits(value)
    else:
        yield dumps(value)


def _all_digits(value: Decimal) -> str:
    """A number that no float shows: alike for equal numbers, and never as an integer, which `parse` would refuse."""
    if not value.is_finite():
        raise ValueError(f"{value} is not JSON compliant")
    sign, digits, exponent = value.as_tuple()
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    text = str(Decimal((sign, digits[: len(digits) - zeros], int(exponent) + zeros)))
    return f"{text}.0" if text.lstrip("-").isdigit() else text


def pretty(value: JsonValue, indent: str = "") -> str:
    """Indented JSON for people, as exact as `dumps`."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        parts = [f"{inner}{dumps(key)}: {pretty(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and value:
        return "[\n" + ",\n".join(inner + pretty(item, inner) for item in value) + f"\n{indent}]"
    return dumps(value)


class ExactEncoder(json.JSONEncoder):
    """Writes a JSONField as `dumps` does."""

    def encode(self, o: JsonValue) -> str:
        return dumps(o)


class ExactDecoder(json.JSONDecoder):
    """Reads a JSONField back as `parse` gave it: fractions, and what is too big for an integer, as Decimal.

    PostgreSQL keeps numbers as digits: a 1e30 that was sent comes back as a 1 with thirty zeros.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, parse_float=Decimal, parse_int=_stored_integer)


def _stored_integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= 20 and -INTEGER_LIMIT <= int(text) < INTEGER_LIMIT else Decimal(text)


_stored = ExactDecoder()


class ExactJSONField(models.JSONField):
    """A JSONField whose numbers come back as they were sent."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["encoder"] = ExactEncoder
        options["decoder"] = ExactDecoder
        super().__init__(*args, **options)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> JsonValue:
        """As JSONField's, which makes a decoder for each value."""
        if value is None or (isinstance(expression, KeyTransform) and not isinstance(value, str)):
            return value
        try:
            return _stored.decode(value)
        except json.JSONDecodeError:
            return value

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        del options["encoder"], options["decoder"]
        return name, path, args, options
