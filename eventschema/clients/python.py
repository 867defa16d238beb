"""A project's events as frozen dataclasses of Python, for 3.10 and later; they need nothing but the standard library.

Whatever people wrote (names, descriptions, allowed values) goes in as `repr` of a string and nowhere else.
"""

import builtins
import keyword
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

from eventschema.clients.events import ClientEvents
from eventschema.clients.naming import pascal, snake, unique
from eventschema.spec import PropertySpec

# A field of such a name would hide what its class uses.
_TAKEN = {*keyword.kwlist, "str", "int", "float", "bool", "dict", "to_json"}
_PLAIN = {
    "string": "str",
    "number": "int | float | _decimal.Decimal",
    "boolean": "bool",
    "date": "_datetime.date",
    "datetime": "_datetime.datetime",
    "image_url": "str",
    "geopoint": "str",
    "object": "_Mapping[str, _typing.Any]",
}
_HEAD = '''\
# Made by `manage.py generate_client --lang python`; made anew, it loses what is changed by hand.
from __future__ import annotations

import dataclasses as _dataclasses
import datetime as _datetime
import decimal as _decimal
import typing as _typing
from collections.abc import Mapping as _Mapping, Sequence as _Sequence


def _json(value: object) -> _typing.Any:
    """What `json.dumps` can write: times with their zone, numbers as numbers, objects and lists of such."""
    if isinstance(value, (_datetime.datetime, _datetime.date)):
        return value.isoformat()
    if isinstance(value, _decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, _Mapping):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, _Sequence) and not isinstance(value, str):
        return [_json(item) for item in value]
    return value.to_json() if isinstance(value, _Object) else value


def _sent(values: _Mapping[str, object]) -> dict[str, _typing.Any]:
    """What was given; None is what was left out."""
    return {name: _json(value) for name, value in values.items() if value is not None}


class _Object:
    """Something with properties of its own inside an event."""

    def to_json(self) -> dict[str, _typing.Any]:
        raise NotImplementedError
'''


def python_client(client: ClientEvents) -> str:
    """The source of one module: a class for every nested schema and event, in this order.

    `Event(…).to_json()` is `{"event": name, "metadata": {…}}`, to which a sender adds the customer.
    """
    everything = [item.name for item in client.objects] + [event.name for event in client.events]
    names = unique(everything, partial(pascal, fallback="Event"), {*dir(builtins), *keyword.kwlist})
    classes = dict(zip(map(id, client.objects), names, strict=False))
    parts = [f"{f'Events of the project “{client.project}”.'!r}\n{_HEAD}"]
    for item, name in zip(client.objects, names, strict=False):
        lines = _class(f"{name}(_Object)", "", item.specs, {}, {*_TAKEN, *names}, "        return {}")
        parts.append("\n".join(lines))
    for event, name in zip(client.events, names[len(client.objects) :], strict=True):
        nested = {key: classes[id(item)] for key, item in event.nested.items()}
        answer = f'        return {{"event": {event.name!r}, "metadata": {{}}}}'
        lines = _class(name, event.description, event.specs, nested, {*_TAKEN, *names}, answer)
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _class(
    name: str,
    description: str,
    specs: Sequence[PropertySpec],
    nested: Mapping[str, str],
    taken: Collection[str],
    answer: str,
) -> Iterator[str]:
    """The lines of a class. The values stand in the last braces of `answer`."""
    yield f"\n@_dataclasses.dataclass(frozen=True, kw_only=True)\nclass {name}:"
    if description:
        yield f"    {description!r}\n"
    fields = unique([spec.name for spec in specs], partial(snake, fallback="property"), taken)
    for field, spec in zip(fields, specs, strict=True):
        yield f"    {field}: {_annotation(spec, nested)}{' | None = None' if spec.optional else ''}"
        if spec.description:
            yield f"    {spec.description!r}"
    values = ", ".join(f"{spec.name!r}: self.{field}" for field, spec in zip(fields, specs, strict=True))
    yield "\n    def to_json(self) -> dict[str, _typing.Any]:"
    yield _with_values(answer, f"_sent({{{values}}})")


def _with_values(answer: str, values: str) -> str:
    before, _, after = answer.rpartition("{}")
    return f"{before}{values}{after}"


def _annotation(spec: PropertySpec, nested: Mapping[str, str]) -> str:
    kind = _choices(spec) or nested.get(spec.options.get("object_type", "")) or _PLAIN[spec.type]
    return f"_Sequence[{kind}]" if spec.array else kind


def _choices(spec: PropertySpec) -> str:
    """The allowed values, where Python can name them: strings, and whole numbers."""
    values = spec.options.get("eq", [])
    if not values or not all(isinstance(value, str | int) for value in values):
        return ""
    return f"_typing.Literal[{', '.join(map(repr, values))}]"
