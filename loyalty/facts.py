"""Points as conditions ask for them: `loyalty_points.campaigns.<campaign name>.points` (contract g.3)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from common.jsons import JsonValue
from customers.facts import FactName, FactSource
from loyalty.models import LoyaltyCard, LoyaltyProgram
from projects.models import Project

# A campaign's name may hold dots and blanks.
_POINTS = re.compile(r"loyalty_points\.campaigns\.(?P<name>.+)\.points\Z", re.DOTALL)


class PointsOfProgrammes(FactSource):
    """The balance of the customer's card of a living programme; none without a card."""

    def names(self, project: Project) -> list[FactName]:
        living = LoyaltyProgram.objects.filter(project=project, campaign__deleted_at=None)
        names = living.values_list("campaign__name", flat=True)
        fields = [f"loyalty_points.campaigns.{name}.points" for name in names.order_by("campaign__name")]
        return [FactName(field, self.label_of(field)) for field in fields]

    def label_of(self, field: str) -> str:
        match = _POINTS.match(field)
        return f"Points of {match['name']}" if match else field

    def has_form(self, field: str) -> bool:
        return _POINTS.match(field) is not None

    def is_known(self, project: Project, field: str) -> bool:
        return bool(self._programmes(project, field).exists())

    def expression(self, project: Project, field: str) -> Any:
        cards = LoyaltyCard.objects.filter(
            program__in=self._programmes(project, field), customer=OuterRef("pk"), closed_at=None
        )
        return Subquery(cards.values("balance")[:1])

    def changed_by(self, kind: str, customer_id: UUID, data: Mapping[str, JsonValue]) -> Iterator[UUID]:
        # Whatever opens or closes a card says so by code.published and code.unpublished.
        if kind.startswith("points.") or kind in ("code.published", "code.unpublished"):
            yield customer_id

    def _programmes(self, project: Project, field: str) -> Any:
        match = _POINTS.match(field)
        name = match["name"] if match else None
        # A programme that was deleted has left its name to others.
        living = LoyaltyProgram.objects.filter(project=project, campaign__deleted_at=None)
        return living.filter(campaign__name=name).values("pk")
