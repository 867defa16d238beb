"""Why Boon says no. Domain code raises these; they know nothing of HTTP (api/errors.py maps the keys to statuses)."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.jsons import JsonValue

SHOWN_LENGTH = 200
MOST_SENTENCES = 20
MOST_ERRORS = 1_000


@dataclass(frozen=True, slots=True)
class FieldError:
    """One offending field: its path (`metadata.rating`), a machine word, a sentence, and the value that was sent."""

    path: str
    code: str
    message: str
    actual: JsonValue = None

    def as_json(self) -> dict[str, JsonValue]:
        actual = self.actual
        if isinstance(actual, str) and len(actual) > SHOWN_LENGTH:
            actual = actual[:SHOWN_LENGTH] + "…"
        return {"path": self.path, "code": self.code, "message": self.message, "actual": actual}


class Refusal(Exception):
    """A request, or one item of it, that is refused. `key` is the contract's machine word, `str()` the sentence."""

    key = "invalid_payload"
    message = "Invalid payload"

    def __init__(
        self,
        details: str = "",
        *,
        errors: Sequence[FieldError] = (),
        resource_type: str = "",
        resource_id: str = "",
        key: str = "",
        message: str = "",
    ) -> None:
        super().__init__(details)
        self.details = details
        self.errors = tuple(errors)
        self.resource_type = resource_type
        self.resource_id = resource_id
        self.key = key or self.key
        self.message = message or self.message


class InvalidPayload(Refusal):
    """The shape is wrong, or a value is: `errors` names every offending field (the first thousand of a flood)."""

    @classmethod
    def of(cls, errors: Sequence[FieldError]) -> "InvalidPayload":
        shown = [error.message for error in errors[:MOST_SENTENCES]]
        if len(errors) > MOST_SENTENCES:
            shown.append(f"and {len(errors) - MOST_SENTENCES} more")
        return cls("; ".join(shown), errors=errors[:MOST_ERRORS])

    @classmethod
    def at(cls, path: str, message: str, actual: JsonValue = None, *, code: str = "invalid") -> "InvalidPayload":
        return cls.of([FieldError(path, code, message, actual)])


class InvalidQuery(InvalidPayload):
    key = "invalid_query_params"
    message = "Invalid query params"


class MetadataInvalid(InvalidPayload):
    key = "metadata_validation_failed"
    message = "Metadata validation failed"


class NotFound(Refusal):
    """Nothing of that name in this project; another project's rows answer the same."""

    key = "not_found"
    message = "Resource not found"

    @classmethod
    def of(cls, resource_type: str, resource_id: str) -> "NotFound":
        shown = resource_id[:SHOWN_LENGTH]
        return cls(f"Cannot find {resource_type} with id {shown}", resource_type=resource_type, resource_id=shown)


class Duplicate(Refusal):
    key = "duplicate_found"
    message = "Duplicated resource found"

    @classmethod
    def of(cls, resource_type: str, name: str) -> "Duplicate":
        return cls(
            f"Duplicated {resource_type} exists with name {name}", resource_type=resource_type, resource_id=name
        )


class Conflict(Refusal):
    """What was sent contradicts what someone else changed meanwhile."""

    key = "conflict"
    message = "Conflicting change"


class InUse(Refusal):
    key = "resource_in_use"
    message = "Resource in use"


class Forbidden(Refusal):
    key = "forbidden"
    message = "Forbidden"
