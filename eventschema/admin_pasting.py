"""What the builder asks when somebody pastes a sample: which properties it would take. Nothing is stored."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from common.jsons import InvalidJson, JsonObject, JsonValue, dumps, parse_items
from common.refusals import InvalidPayload
from eventschema.admin_sample import described
from eventschema.inferring import Inferred, infer, within_limits
from eventschema.nesting import nested_keys
from projects.access import access_of, asked_project
from projects.models import Role

TOO_LARGE = "This is larger than 256 KB. A few samples are enough."


@require_POST
def propose(request: HttpRequest) -> JsonResponse:
    """The body is the pasted text, `?project=` names the project whose nested schemas objects may refer to.

    `{"event", "properties", "notes"}` or `{"problem"}`, a sentence for who pasted it. A property is what a card says,
    and its `example`: the first value of it, as JSON text.
    """
    if not access_of(request).may_anywhere(Role.MARKETER):
        raise PermissionDenied
    try:
        samples = read_samples(request.body)
        found = infer(samples, nested=_nested(request))
    except RequestDataTooBig:
        return JsonResponse({"problem": TOO_LARGE})
    except InvalidJson as error:
        return JsonResponse({"problem": str(error).replace("The body", "This", 1)})
    except InvalidPayload as refusal:
        return JsonResponse({"problem": f"{refusal.details}."})
    return JsonResponse({"event": _event_of(samples), **_proposed(found, samples), "notes": found.notes})


def read_samples(raw: bytes) -> list[JsonValue]:
    """The samples in a text: one, a list of them, or one a line (NDJSON). Raises InvalidJson with line and column."""
    try:
        value = parse_items(raw)
    except InvalidJson:
        lines = [(number, line) for number, line in enumerate(raw.split(b"\n")) if line.strip()]
        if len(lines) < 2 or not _is_object(lines[0][1]):
            raise
        # Behind as many empty lines, so that what is wrong is found in the line in which it stands.
        return [parse_items(b"\n" * number + line) for number, line in lines]
    return value if isinstance(value, list) else [value]


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(parse_items(line), dict)
    except InvalidJson:
        return False


def _nested(request: HttpRequest) -> dict[str, set[str]]:
    """The nested schemas of the project in the address and the names of their properties; none of another tenant's."""
    project = asked_project(request, Role.MARKETER)
    return nested_keys(project) if project else {}


def _event_of(samples: Iterable[Any]) -> str:
    """The name that every sample of a whole event gives; empty where they differ or are metadata alone."""
    names = {sample.get("event") for sample in samples if isinstance(sample, dict) and "metadata" in sample}
    name = names.pop() if len(names) == 1 else ""
    return name if isinstance(name, str) else ""


def _proposed(found: Inferred, samples: list[JsonValue]) -> JsonObject:
    metadata = within_limits(samples)

    def example(name: str) -> str | None:
        values = (item[name] for item in metadata if item.get(name) is not None)
        return next((dumps(value) for value in values), None)

    return {"properties": [{**described(spec), "example": example(spec.name)} for spec in found.specs]}
