"""Reactions for tests of failures."""

from collections.abc import Iterator

from events.chain import Batch, Effect, Reaction, Skip


class Faulty(Reaction):
    """Fails on events whose metadata say `"fails": true`, as long as `is_broken`."""

    is_broken = True

    def react(self, batch: Batch) -> Iterator[Effect | Skip]:
        for cause in batch.causes:
            assert cause.event is not None
            if Faulty.is_broken and cause.event.metadata.get("fails"):
                raise ValueError("cannot digest it")
            yield Effect("badge.given", cause, cause.customer_id)


class FaultyAboutPoints(Reaction):
    """Fails on every `points.earned`, as long as `is_broken`."""

    is_broken = True

    def react(self, batch: Batch) -> Iterator[Effect | Skip]:
        for effect in batch.effects:
            if effect.kind == "points.earned":
                if FaultyAboutPoints.is_broken:
                    raise ValueError("cannot count")
                yield Effect("points.counted", effect.cause, effect.customer_id)


class Endless(Reaction):
    """Always goes on, and cannot settle what is left at the end, as long as `is_broken`."""

    is_broken = True

    def react(self, batch: Batch) -> Iterator[Effect | Skip]:
        for cause in (*batch.causes, *(effect.cause for effect in batch.effects if effect.kind == "round.done")):
            yield Effect("round.done", cause, cause.customer_id)

    def settle(self, batch: Batch) -> None:
        if Endless.is_broken:
            raise ValueError("cannot settle it")
