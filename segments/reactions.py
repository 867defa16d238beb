"""What segments do about events, and about whatever else changes a customer."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from customers.facts import fact_sources
from events.chain import Batch, Cause, Effect, Reaction, Skip
from segments.book import Book, Compiled, book_of
from segments.fields import event_token
from segments.membership import Change, Why, forget, judge


class RefreshMemberships(Reaction):
    """Judges the customers of a batch again by the segments that depend on what changed, and by no others.

    Voiding needs no part of its own: the voiding is a cause like others, and what it takes back no longer counts.
    """

    def react(self, batch: Batch) -> Iterator[Effect | Skip]:
        """Two statements and up to four that write; none where no segment depends on what changed."""
        for change, cause in self._judged(batch):
            if change.segment.tells:
                kind = "segment.entered" if change.has_entered else "segment.left"
                yield Effect(kind, cause, change.customer_id, {"segment": change.segment.public_id})

    def settle(self, batch: Batch) -> None:
        """Who is in which segment is right, though nobody hears of it any more."""
        for _ in self._judged(batch):
            pass

    def _judged(self, batch: Batch) -> Iterator[tuple[Change, Cause]]:
        """Everybody who enters or leaves, and why."""
        book = book_of(batch.project)
        if book.is_empty:
            return
        deleted = [effect for effect in batch.effects if effect.kind == "customer.deleted"]
        if deleted:
            reasons = {effect.customer_id: Why(effect.cause.kind, effect.cause.id) for effect in deleted}
            forget(batch.project, reasons, now=batch.now)
        if not book.by_id:
            return
        wanted, causes = _wanted(book, batch)
        if not wanted:
            return
        reasons = {customer_id: Why(cause.kind, cause.id) for customer_id, cause in causes.items()}
        for change in judge(batch.project, wanted, reasons, now=batch.now):
            yield change, causes[change.customer_id]


def _wanted(book: Book, batch: Batch) -> tuple[dict[UUID, set[Compiled]], dict[UUID, Cause]]:
    """Who is to be judged by which segments, and because of what (the first that asks for it)."""
    wanted: defaultdict[UUID, set[Compiled]] = defaultdict(set)
    causes: dict[UUID, Cause] = {}
    for cause, customer_id, segments in (*_by_causes(book, batch), *_by_effects(book, batch)):
        if segments:
            wanted[customer_id] |= segments
            causes.setdefault(customer_id, cause)
    return dict(wanted), causes


def _by_causes(book: Book, batch: Batch) -> Iterator[tuple[Cause, UUID, set[Compiled]]]:
    for cause in batch.causes:
        definition_id = cause.schema.definition_id if cause.schema else cause.about_definition
        if definition_id is not None:
            yield cause, cause.customer_id, book.depending_on([event_token(definition_id)])


def _by_effects(book: Book, batch: Batch) -> Iterator[tuple[Cause, UUID, set[Compiled]]]:
    for effect in batch.effects:
        if effect.kind == "customer.created":
            yield effect.cause, effect.customer_id, set(book.by_id.values())
        elif effect.kind == "customer.updated":
            fields = effect.data.get("fields", [])
            yield effect.cause, effect.customer_id, book.touched_by_update(fields)
        else:
            yield from _by_facts(book, effect)


def _by_facts(book: Book, effect: Effect) -> Iterator[tuple[Cause, UUID, set[Compiled]]]:
    for path, source in fact_sources().items():
        segments = book.depending_on([f"facts:{path}"])
        if segments:
            for customer_id in source.changed_by(effect.kind, effect.customer_id, effect.data):
                yield effect.cause, customer_id, segments
