"""What a replay came to, added up for people: chunk by chunk, so that a large one takes no more memory."""

from collections import Counter
from collections.abc import Iterable

from common.jsons import JsonObject
from events.replaying import Result, Status

MOST_REASONS = 20


class Report:
    def __init__(self) -> None:
        self._statuses: Counter[Status] = Counter()
        self._reasons: Counter[str] = Counter()

    def add(self, results: Iterable[Result]) -> None:
        for result in results:
            self._statuses[result.status] += 1
            if result.status == Status.REJECTED:
                self._reasons[result.reason] += 1

    @property
    def total(self) -> int:
        return self._statuses.total()

    @property
    def rejected(self) -> int:
        return self._statuses[Status.REJECTED]

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why events stay rejected, with how many, most first."""
        return self._reasons.most_common(MOST_REASONS)

    def as_json(self) -> JsonObject:
        counts = {str(status): self._statuses[status] for status in Status}
        reasons = [{"reason": reason, "count": count} for reason, count in self.reasons]
        return {"total": self.total, **counts, "reasons": reasons}

    def in_words(self, *, dry_run: bool = False) -> str:
        """`498 of 500 accepted, 1 accepted before, 1 stays rejected`."""
        accepted, before = self._statuses[Status.ACCEPTED], self._statuses[Status.DONE_BEFORE]
        would = "would be " if dry_run else ""
        parts = [f"{accepted} of {self.total} {would}accepted"]
        if before:
            parts.append(f"{before} accepted before")
        if self.rejected:
            parts.append(f"{self.rejected} {'would stay' if dry_run else 'stayed'} rejected")
        return ", ".join(parts)
