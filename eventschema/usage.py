"""Who uses an event definition, and which of its properties. Users register by path: this floor knows none of them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from common.jsons import JsonObject
from common.refusals import InUse
from eventschema.models import EventDefinition
from eventschema.spec import PropertySpec
from projects.audit import Actor


@dataclass(frozen=True, slots=True)
class Use:
    """What uses a definition: `words` such as "earning rule 'Sign-up bonus'", and its row's page in the admin.

    `property` is the name of the one that it reads, "" where it asks for the event alone; `type` what it has to be,
    "" where it reads any.
    """

    words: str
    page: str  # `<app>_<model>`
    key: UUID
    public_id: str
    property: str = ""
    type: str = ""

    def as_json(self) -> JsonObject:
        return {"id": self.public_id, "name": self.words, "property": self.property or None}

    def is_served_by(self, specs: Sequence[PropertySpec]) -> bool:
        """Whether these properties have what it reads, under its present or a former name."""
        if not self.property:
            return True
        return any(
            self.property in spec.names and not spec.deleted and (not self.type or self._has_type(spec))
            for spec in specs
        )

    def _has_type(self, spec: PropertySpec) -> bool:
        return spec.type == self.type and not spec.array


class SchemaUser(ABC):
    """One kind of thing that uses definitions; registered in `settings.SCHEMA_USERS`."""

    @abstractmethod
    def uses(self, definition: EventDefinition) -> list[Use]:
        """What of its own uses the definition."""

    @abstractmethod
    def rename(self, definition: EventDefinition, names: Mapping[str, str], *, by: Actor, now: datetime) -> None:
        """Follows a rename, from the former to the present name of each property, in the transaction that makes it."""


def schema_users() -> Iterator[SchemaUser]:
    for path in settings.SCHEMA_USERS:
        schema_user: SchemaUser = import_string(path)()
        yield schema_user


def users_of(definition: EventDefinition) -> list[Use]:
    """Everything that uses the definition; one statement for each kind of user."""
    return [use for schema_user in schema_users() for use in schema_user.uses(definition)]


def check_unused(definition: EventDefinition) -> None:
    """Raises InUse naming every user of the definition."""
    uses = users_of(definition)
    if uses:
        raise _in_use(definition, f"Resource custom_event_schema with id {definition.public_id} is", uses)


def unserved(definition: EventDefinition, specs: Sequence[PropertySpec]) -> list[Use]:
    """Those who would lose the property that they read if `specs` were published."""
    return [use for use in users_of(definition) if not use.is_served_by(specs)]


def check_served(definition: EventDefinition, specs: Sequence[PropertySpec]) -> None:
    """Raises InUse where `specs` lack a property that is in use, or have it in another type."""
    uses = unserved(definition, specs)
    if uses:
        names = ", ".join(f"'{name}'" for name in dict.fromkeys(use.property for use in uses))
        raise _in_use(definition, f"Property {names} of '{definition.name}' cannot be removed or retyped:", uses)


def _in_use(definition: EventDefinition, beginning: str, uses: Sequence[Use]) -> InUse:
    words = ", ".join(use.words for use in uses)
    return InUse(
        f"{beginning} in use by {words}", resource_type="custom_event_schema", resource_id=definition.public_id
    )
