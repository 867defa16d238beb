"""A whole schema that somebody proposes for a definition, as the snapshot that publishing it would write."""

from collections.abc import Sequence

from common.jsons import JsonObject
from eventschema.identity import propose
from eventschema.models import EventDefinition
from eventschema.publishing import check_names, check_specs, published_specs, published_unknown, snapshot_of
from eventschema.spec import PropertySpec


def proposed_snapshot(
    definition: EventDefinition, whole: Sequence[PropertySpec], unknown: str | None = None
) -> JsonObject:
    """Properties that `whole` leaves out would be removed. Raises InvalidPayload where it could not be published."""
    specs = propose(published_specs(definition), whole)
    check_specs(definition.project, specs)
    check_names(definition, specs)
    return snapshot_of(definition, specs, unknown or published_unknown(definition))
