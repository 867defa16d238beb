"""What a distribution reaches people by."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django import forms

from campaigns.models import Publication
from common.jsons import JsonObject
from common.refusals import FieldError
from customers.models import Customer
from distributions.models import Delivery, Distribution
from projects.audit import Actor
from projects.models import Project


@dataclass(frozen=True, slots=True)
class HandOver:
    """One delivery for one channel. `channel` is what the distribution says of it, `place` its position there.

    The publication's voucher and campaign are loaded.
    """

    delivery: Delivery
    distribution: Distribution
    customer: Customer
    publication: Publication | None
    channel: JsonObject
    place: int

    @classmethod
    def of(cls, delivery: Delivery, channel: JsonObject, place: int) -> "HandOver":
        """Of a delivery with its distribution, its customer and its publication's voucher loaded."""
        return cls(delivery, delivery.distribution, delivery.customer, delivery.publication, channel, place)

    @property
    def cause(self) -> str:
        """What makes it happen once."""
        return f"delivery:{self.delivery.pk}:{self.place}"


class Channel(ABC):
    """One way to reach people. Every method takes lists and asks the database a fixed number of times."""

    type: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def errors(self, channel: JsonObject, path: str) -> Iterable[FieldError]:
        """What is wrong with a channel as it was sent; `path` is where it stands (`channels.0`)."""

    @abstractmethod
    def tidied(self, channel: JsonObject) -> JsonObject:
        """What is stored of one without errors."""

    @abstractmethod
    def in_words(self, channel: JsonObject) -> str:
        """For people: "webhook to https://…"."""

    @abstractmethod
    def form_fields(self) -> Mapping[str, forms.Field]:
        """What the admin asks for, by name. An error at `channels.0.<name>` is shown beside the field of that name."""

    @abstractmethod
    def typed(self, channel: JsonObject) -> JsonObject:
        """A stored channel as the values of these fields."""

    @abstractmethod
    def said(self, typed: JsonObject) -> JsonObject:
        """What the fields say, as it would be sent to the API, without the type."""

    def typing_errors(self, typed: JsonObject) -> Iterable[tuple[str, str]]:
        """(field, sentence) of what cannot be said in the API's words."""
        return ()

    @abstractmethod
    def preview(self, project: Project, item: HandOver, data: JsonObject, *, now: datetime) -> str:
        """What would be sent with this data, for people to read. Runs no queries."""

    def unreachable(self, project: Project, customers: Collection[Customer]) -> Mapping[UUID, str]:
        """Whom it cannot reach, and why (a word)."""
        return {}

    @abstractmethod
    def hand_over(self, project: Project, items: Sequence[HandOver], *, now: datetime) -> list[JsonObject]:
        """Writes down what is to be sent, in the caller's transaction; what is known of each, in their order.

        Nothing leaves the process here.
        """

    @abstractmethod
    def resend(self, project: Project, item: HandOver, outcome: JsonObject, *, by: Actor, now: datetime) -> JsonObject:
        """Has one sent again as it was; in a transaction. What is known of it then."""
