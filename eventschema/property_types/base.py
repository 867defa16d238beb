"""What a property type says about itself. One class per type; registered in this package's `__init__`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from common.jsons import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Check:
    """One demand on a value: a machine word, the contract's phrase for it, and the test."""

    code: str
    phrase: str
    passes: Callable[[Any], bool]


class InvalidOption(ValueError):
    """A constraint that makes no sense, said in one sentence."""


class CannotCast(ValueError):
    """A value that says nothing in the type that it was to be cast to."""


class PropertyType(ABC):
    """The kind of value that a metadata property takes.

    A new type is a new module here and one line in `PROPERTY_TYPES`; rows store `name`, so it is never renamed.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    phrase: ClassVar[str]
    # Names of the constraints (constraints.py) that make sense for this type, in the order in which they are shown.
    constraints: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def accepts(self, value: JsonValue) -> bool:
        """Whether a JSON value, as the strict parser gave it, is of this type. Nothing is ever converted."""

    @abstractmethod
    def json_schema(self) -> JsonObject:
        """What JSON Schema 2020-12 says of such a value; `x-boon-type` names a type that it has no word for."""

    def cast(self, value: JsonValue) -> JsonValue:
        """The value as this type takes it, where it says the same in another way: "12" as the number 12.

        Only a person's wish casts; events are never converted. Raises CannotCast.
        """
        if self.accepts(value):
            return value
        found = self.read(value.strip() if isinstance(value, str) else value)
        if not self.accepts(found):
            raise CannotCast
        return found

    def read(self, value: JsonValue) -> JsonValue:
        """What a value of another type says in this one; one that says nothing is given back as it came."""
        return value

    def type_check(self) -> Check:
        return Check("type", self.phrase, self.accepts)


Options = Mapping[str, JsonValue]
