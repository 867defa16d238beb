"""The months of the event log: a partition holds what was received in one calendar month of UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from events.models import Event

TABLE = Event._meta.db_table
DEFAULT = f"{TABLE}_default"
_NAME = re.compile(rf"{TABLE}_(\d{{4}})_(\d{{2}})")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """Counted from year 0, so that months are added and subtracted as numbers."""

    number: int

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        utc = moment.astimezone(UTC)
        return cls(utc.year * 12 + utc.month - 1)

    @classmethod
    def named(cls, partition: str) -> "Month | None":
        """The month of a partition by its name; None where the name is none of ours."""
        found = _NAME.fullmatch(partition)
        return cls(int(found[1]) * 12 + int(found[2]) - 1) if found else None

    @property
    def partition(self) -> str:
        return f"{TABLE}_{self.number // 12:04}_{self.number % 12 + 1:02}"

    @property
    def starts_at(self) -> datetime:
        return datetime(self.number // 12, self.number % 12 + 1, 1, tzinfo=UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment that is no longer in the month."""
        return self.later(1).starts_at

    def later(self, months: int) -> "Month":
        return Month(self.number + months)


def months_between(first: Month, last: Month) -> set[Month]:
    """Both of them and those between."""
    return {Month(number) for number in range(first.number, last.number + 1)}
