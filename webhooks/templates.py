"""Texts and JSON of somebody's own making, with places that data is put into: `{{customer.name}}`. Pure.

A place names a path into the data and nothing else: no code, no filters, no attributes of objects. A number in a path
is a position in a list. What the path does not lead to is null, and nothing within a text.
"""

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from common.jsons import JsonObject, JsonValue, dumps
from common.refusals import FieldError

MOST_PLACES = 200
LONGEST_TEMPLATE = 20_000
DEEPEST = 10
# Characters of what comes out: places may repeat much data.
LONGEST_RESULT = 200_000
_PLACE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PATH = re.compile(r"""[^\s{}.|()\[\]"'<>]+(?:[ .][^\s{}.|()\[\]"'<>]+){0,19}""")

Escape: TypeAlias = Callable[[str], str]


class ResultTooLong(ValueError):
    """What a template and this data make is longer than LONGEST_RESULT characters."""


def render_json(template: JsonValue, data: JsonObject) -> JsonValue:
    """The template with data in its places: a text that is one place alone becomes the value, whatever its type.

    Keys of objects stay as they are. Raises ResultTooLong.
    """
    result = _rendered(template, data)
    if len(dumps(result)) > LONGEST_RESULT:
        raise ResultTooLong
    return result


def render_text(template: str, data: JsonObject, *, escape: Escape = str) -> str:
    """The text with data in its places; `escape` is applied to what is put in, not to the text around it.

    Objects and lists are put in as JSON. Raises ResultTooLong.
    """
    text = _PLACE.sub(lambda place: escape(_text(_value(place[1], data))), template)
    if len(text) > LONGEST_RESULT:
        raise ResultTooLong
    return text


def template_errors(template: JsonValue, path: str = "payload") -> list[FieldError]:
    """What is wrong with a template, JSON or text, each at its place below `path`."""
    if len(dumps(template)) > LONGEST_TEMPLATE:
        return [_error(path, "too_long", f"must have at most {LONGEST_TEMPLATE} characters")]
    errors = list(_errors(template, path, 0))
    if sum(len(_PLACE.findall(text)) for text in _texts(template)) > MOST_PLACES and not errors:
        errors.append(_error(path, "too_many", f"must hold at most {MOST_PLACES} places in double braces"))
    return errors


def _rendered(template: JsonValue, data: JsonObject) -> JsonValue:
    if isinstance(template, dict):
        return {key: _rendered(item, data) for key, item in template.items()}
    if isinstance(template, list):
        return [_rendered(item, data) for item in template]
    if not isinstance(template, str):
        return template
    alone = _PLACE.fullmatch(template.strip())
    return _value(alone[1], data) if alone and "{{" not in alone[1] else render_text(template, data)


def _value(path: str, data: JsonValue) -> JsonValue:
    for name in path.strip().split("."):
        if isinstance(data, dict):
            data = data.get(name)
        elif isinstance(data, list) and name.isdecimal() and len(name) < 7:
            data = data[int(name)] if int(name) < len(data) else None
        else:
            return None
    return data


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else dumps(value).strip('"')


def _errors(template: JsonValue, path: str, depth: int) -> Iterator[FieldError]:
    if isinstance(template, str):
        yield from _text_errors(template, path)
    elif isinstance(template, dict | list):
        if depth == DEEPEST:
            yield _error(path, "too_deep", f"must have at most {DEEPEST} levels")
            return
        items = template.items() if isinstance(template, dict) else enumerate(template)
        for key, item in items:
            if isinstance(key, str) and "{{" in key:
                yield _error(path, "invalid", f"has data in the name '{key[:100]}', and only values can hold some")
            yield from _errors(item, f"{path}.{key}", depth + 1)


def _text_errors(text: str, path: str) -> Iterator[FieldError]:
    places = [place.strip() for place in _PLACE.findall(text)]
    around = _PLACE.sub("", text)
    if "{{" in around or "}}" in around:
        yield _error(path, "invalid", "has double braces that are not closed, or not opened", text)
    for place in places:
        if not _PATH.fullmatch(place):
            message = "must name data by a path such as customer.name between double braces"
            yield _error(path, "invalid", message, place)


def _texts(template: JsonValue) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, dict | list):
        for item in template.values() if isinstance(template, dict) else template:
            yield from _texts(item)


def _error(path: str, code: str, complaint: str, actual: JsonValue = None) -> FieldError:
    return FieldError(path, code, f"Property .{path} {complaint}", actual)
