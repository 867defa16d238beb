"""Erasing what is stored of a property of a metadata schema: asked for here, done by the app of the resource."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from common.refusals import NotFound, Refusal
from eventschema.models import MetadataSchema, NestedProperty
from eventschema.spec import PropertySpec
from outbox.actions import start_action
from projects.audit import Actor, Target, record_change
from projects.models import AsyncAction

# The resources whose keys can be purged, and the contract's types of these actions (a.8).
PURGES = {
    "customer": "CUSTOMERS.METADATA_KEY_PURGE",
    "campaign": "CAMPAIGNS.METADATA_KEY_PURGE",
    "voucher": "VOUCHERS.METADATA_KEY_PURGE",
}


def find_property(schema: MetadataSchema, property_id: UUID) -> NestedProperty:
    """A property of the schema by the id that it keeps through renames, deleted or not. Raises NotFound."""
    found = schema.properties.filter(property_id=property_id).first()
    if found is None:
        raise NotFound.of("property", str(property_id))
    return found


def start_purge(
    schema: MetadataSchema, purged: NestedProperty, *, by: Actor, request_id: str, now: datetime
) -> AsyncAction:
    """Lets the worker erase the property's values, under any of its names, from every resource of the schema.

    The definition stays as it is. Raises Refusal for a resource whose keys cannot be purged.
    """
    action = PURGES.get(schema.related_object)
    if action is None:
        raise Refusal(f"Keys of {schema.related_object} cannot be purged")
    names = list(PropertySpec.of(purged).names)
    target = Target("metadata_schema", schema.public_id, schema.related_object)
    with transaction.atomic():
        record_change(schema.project, by=by, action="metadata_schema.purged", target=target, after={"names": names})
        payload = {"schema": schema.public_id, "names": names}
        return start_action(schema.project, type=action, payload=payload, request_id=request_id, now=now)
