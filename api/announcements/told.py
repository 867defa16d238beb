"""Announcements as the worker gets them, and what their bodies are made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID
from zlib import crc32

from common.ids import parse_public_id, public_id
from common.jsons import JsonObject
from common.times import parse_moment
from projects.models import Project

# What the ids of events begin with, by what they are about (contract a.6; the contract has no more than three).
PREFIXES = {
    "customer": "evcus",
    "voucher": "evvou",
    "redemption": "evred",
    "campaign": "evcamp",
    "publication": "evpub",
    "business_validation_rule": "evval",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One announcement, as webhooks.announcing wrote it."""

    type: str
    entity_id: str
    about: JsonObject
    cause: str
    source: JsonObject
    group_id: str
    created_at: datetime

    @classmethod
    def of(cls, payload: JsonObject) -> "Told":
        parts = {name: payload[name] for name in cls.__slots__ if name != "created_at"}
        moment = parse_moment(payload["created_at"])
        assert moment is not None  # written by announce()
        return cls(**parts, created_at=moment)

    def key(self, name: str, prefix: str) -> UUID | None:
        """The key of something that it is about."""
        return parse_public_id(prefix, self.about.get(name))

    @property
    def event_id(self) -> str:
        """The same whoever makes it; what is about a customer has the id of the customer's activity (contract d.7)."""
        try:
            number = UUID(self.cause).int
        except ValueError:
            number = crc32(self.cause.encode())
        subject = self.type.split(".")[0]
        if subject != "customer":
            number ^= crc32(self.type.encode())  # one effect may be several events
        return public_id(PREFIXES.get(subject, "ev"), UUID(int=number))


@dataclass(frozen=True, slots=True)
class Body:
    """The `data` of an announcement, whom it is about, and what `entity_id` says where that is known only now."""

    data: JsonObject
    customer_id: UUID | None = None
    entity_id: str = ""

    @classmethod
    def about_customer(cls, data: JsonObject, key: UUID) -> "Body":
        return cls(data, key, public_id("cust", key))


# Makes the bodies of announcements of one kind; None for one of which nothing is left to tell.
Builder: TypeAlias = Callable[[Project, Sequence[Told]], list[Body | None]]
