"""What distributions do about events, and about what these made true."""

from collections.abc import Iterator

from common.times import iso
from distributions.book import book_of
from distributions.scheduling import matches_of, schedule, within_limits, without_browsers
from distributions.undoing import undo_deliveries
from distributions.validating import only_valid
from events.chain import Batch, Effect, Reaction, Skip, Undoing, Undone


class ScheduleDeliveries(Reaction):
    """Writes down what is to be delivered to whom, and when; the worker does the rest."""

    def react(self, batch: Batch) -> Iterator[Effect | Skip]:
        """Two statements where something matches, and one more where it has a limit; none where nothing does.

        Validation rules cost one where they ask for segments, and one where they ask about others than the sender.
        """
        book = book_of(batch.project)
        matches = [] if book.is_empty else matches_of(book, batch)
        if not matches:
            return
        matches, skips = without_browsers(matches)
        yield from skips
        matches, skips = only_valid(batch.project, matches, now=batch.now)
        yield from skips
        matches, skips = within_limits(batch.project, matches)
        yield from skips
        if not matches:
            return
        scheduled = schedule(batch.project, matches, now=batch.now)
        for match in matches:
            delivery = scheduled.get(match.name)
            if delivery is not None:
                data = {
                    "delivery": delivery.public_id,
                    "distribution": match.distribution.public_id,
                    "due_at": iso(delivery.due_at),
                }
                yield Effect("delivery.scheduled", match.cause, match.customer_id, data)

    def undo(self, undoing: Undoing) -> Undone:
        """Cancels what is not delivered yet, and takes codes back that are unused; what was sent stays sent."""
        return undo_deliveries(undoing)
