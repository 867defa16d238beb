"""Customers' metadata against the project's schema of customers, wherever customers are written."""

from collections.abc import Mapping

from common.jsons import JsonValue
from common.refusals import InvalidPayload, MetadataInvalid
from eventschema.resources import CUSTOMER, metadata_problems, metadata_schemas_of
from eventschema.schema import CompiledProperties
from projects.models import Project


class MetadataCheck:
    """For `resolve_customers`: whether a profile may be written. `refusals` has, by its position, why it may not."""

    def __init__(self, schema: CompiledProperties, path: str) -> None:
        self.schema = schema
        self.path = path
        self.refusals: dict[int, InvalidPayload] = {}

    def __call__(self, position: int, before: Mapping[str, JsonValue] | None, sent: Mapping[str, JsonValue]) -> bool:
        errors = metadata_problems(self.schema, before, sent, self.path.format(position))
        if errors:
            self.refusals[position] = MetadataInvalid.of(errors)
        return not errors


def metadata_check(project: Project, path: str) -> MetadataCheck | None:
    """None where the project says nothing of its customers. `path` is where the metadata stands in a request, with {}
    for the position of the profile. No statement but once a revision.
    """
    schema = metadata_schemas_of(project).get(CUSTOMER)
    return MetadataCheck(schema, path) if schema else None


def refusals_of(check: MetadataCheck | None) -> Mapping[int, InvalidPayload]:
    return check.refusals if check else {}
