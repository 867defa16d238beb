"""Referrals as conditions ask for them: how many a customer has referred, and through how many programmes it came."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from common.ids import parse_public_id
from common.jsons import JsonValue
from customers.facts import FactName, FactSource
from projects.models import Project
from referrals.models import STANDING, Conversion, ConversionStatus

REFERRED = "loyalty.referred_customers"
CAME_THROUGH = "referrals.total"
LABELS = {REFERRED: "Customers referred", CAME_THROUGH: "Referred by others"}


class Referrals(FactSource):
    """Both are called as in the customer's own object (contract d.1), and count as it does."""

    def names(self, project: Project) -> list[FactName]:
        return [FactName(field, self.label_of(field)) for field in LABELS]

    def label_of(self, field: str) -> str:
        return LABELS[field]

    def has_form(self, field: str) -> bool:
        return field in LABELS

    def is_known(self, project: Project, field: str) -> bool:
        return True

    def expression(self, project: Project, field: str) -> Any:
        role, standing = ("referrer", [ConversionStatus.COUNTED]) if field == REFERRED else ("referee", STANDING)
        conversions = Conversion.objects.filter(**{role: OuterRef("pk")}, project=project, status__in=standing)
        counted = conversions.order_by().values(role).annotate(count=Count("*")).values("count")
        return Coalesce(Subquery(counted), Value(0), output_field=IntegerField())

    def of_nobody(self, field: str) -> int:
        return 0

    def changed_by(self, kind: str, customer_id: UUID, data: Mapping[str, JsonValue]) -> Iterator[UUID]:
        if kind.startswith("referral."):
            yield customer_id
            referrer = parse_public_id("cust", data.get("referrer_id"))
            if referrer is not None:
                yield referrer
