"""What a property type says about itself. One class per type; registered in this package's `__init__`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from common.jsons import JsonValue


@dataclass(frozen=True, slots=True)
class Check:
    """One demand on a value: a machine word, the contract's phrase for it, and the test."""

    code: str
    phrase: str
    passes: Callable[[Any], bool]


class InvalidOption(ValueError):
    """A constraint that makes no sense, said in one sentence."""


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

    def type_check(self) -> Check:
        return Check("type", self.phrase, self.accepts)


Options = Mapping[str, JsonValue]
