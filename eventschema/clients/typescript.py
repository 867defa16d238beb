"""A project's events as interfaces of TypeScript, and a function for each that makes what is sent.

Whatever people wrote goes in as a JSON string, or into a comment that it cannot end.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from common.jsons import dumps
from eventschema.clients.events import ClientEvents
from eventschema.clients.naming import camel, pascal, unique
from eventschema.spec import PropertySpec

_RESERVED = """
    any arguments as async await bigint boolean break case catch class const continue debugger default delete do else
    enum eval export extends false finally for function if implements import in instanceof interface let never new null
    number object of package private protected public return static string super switch symbol this throw true try
    typeof undefined unknown var void while with yield
"""
# Those, and the types that the module itself uses.
_TAKEN = {*_RESERVED.split(), "TrackedEvent", "Date", "ReadonlyArray", "Readonly", "Record"}
_PLAIN = {
    "string": "string",
    "number": "number",
    "boolean": "boolean",
    "date": "string",
    "datetime": "string | Date",
    "image_url": "string",
    "geopoint": "string",
    "object": "Readonly<Record<string, unknown>>",
}
_HEAD = """\
// Made by `manage.py generate_client --lang typescript`; made anew, it loses what is changed by hand.

/** What is sent, but for the customer. Dates become ISO 8601 in UTC where it is written as JSON. */
export interface TrackedEvent<Name extends string, Metadata> {
  readonly event: Name;
  readonly metadata: Metadata;
}
"""


def typescript_client(client: ClientEvents) -> str:
    """The source of one module: an interface for every nested schema and event, and a function for each event."""
    everything = [item.name for item in client.objects] + [event.name for event in client.events]
    types = unique(everything, partial(pascal, fallback="Event"), _TAKEN)
    classes = dict(zip(map(id, client.objects), types, strict=False))
    functions = unique([event.name for event in client.events], partial(camel, fallback="event"), {*_TAKEN, *types})
    parts = [f"{_comment(f'Events of the project “{client.project}”.', '')}\n{_HEAD}"]
    for item, name in zip(client.objects, types, strict=False):
        parts.append("\n".join(_interface(name, "", item.specs, {})) + "\n")
    for event, name, function in zip(client.events, types[len(client.objects) :], functions, strict=True):
        nested = {key: classes[id(item)] for key, item in event.nested.items()}
        parts.append("\n".join(_interface(name, event.description, event.specs, nested)) + "\n")
        parts.append(_function(function, name, event.name))
    return "\n".join(parts)


def _interface(name: str, description: str, specs: Sequence[PropertySpec], nested: Mapping[str, str]) -> Iterator[str]:
    if description:
        yield _comment(description, "")
    yield f"export interface {name} {{"
    for spec in specs:
        if spec.description:
            yield _comment(spec.description, "  ")
        optional = ("?", " | null") if spec.optional else ("", "")
        yield f"  readonly {dumps(spec.name)}{optional[0]}: {_type(spec, nested)}{optional[1]};"
    yield "}"


def _type(spec: PropertySpec, nested: Mapping[str, str]) -> str:
    choices = " | ".join(map(dumps, spec.options.get("eq", [])))
    kind = choices or nested.get(spec.options.get("object_type", "")) or _PLAIN[spec.type]
    return f"ReadonlyArray<{kind}>" if spec.array else kind


def _function(function: str, name: str, event: str) -> str:
    literal = dumps(event)
    return (
        f"export function {function}(metadata: {name}): TrackedEvent<{literal}, {name}> {{\n"
        f"  return {{ event: {literal}, metadata }};\n"
        "}\n"
    )


def _comment(text: str, indent: str) -> str:
    safe = text.replace("*/", "*\\/")
    return f"{indent}/** {' '.join(safe.split())} */"
