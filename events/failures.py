"""What happens where a reaction fails: the others go on, and what failed is kept to be done later.

The first attempt runs without any of this. Only where it fails is the transaction run again with every reaction in
`Careful`, which halves what it hands to the reaction until the event that cannot be digested is alone.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, ProgrammingError, transaction
from django.utils.module_loading import import_string

from common.transactions import BeginAnew
from events.chain import Batch, Cause, Draft, Effect, Inspection, Reaction, Skip
from projects.models import Project

# The failures of nobody's event: the database is away, or older than the code. They end the whole transaction.
ENVIRONMENT = (OperationalError, InterfaceError, ProgrammingError, BeginAnew)
MOST_RUNS = 64
UNEXAMINED = "unexamined"

T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """What one reaction did not do about one event: about the event itself, or about these effects of it."""

    cause: Cause
    reaction: str
    problem: str  # the exception's class, or UNEXAMINED
    message: str = ""
    effects: Sequence[Effect] = ()


@dataclass
class Runs:
    """How often reactions may still be tried in this transaction."""

    left: int = MOST_RUNS

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


@dataclass
class Careful(Reaction):
    """A reaction whose failures end nothing but its own part of an event."""

    path: str
    runs: Runs
    failures: list[Failure] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._make: Callable[[], Reaction] = import_string(self.path)
        self._reaction: Reaction = self._make()
        # Drafts that the reaction cannot even look at, by their keys, with the exception.
        self._unreadable: dict[object, Exception | None] = {}

    def inspect(self, project: Project, drafts: Sequence[Draft]) -> Inspection:
        """As the reaction does; drafts on which it fails are left to it as if it knew nothing of them."""
        try:
            return _in_savepoint(lambda: self._reaction.inspect(project, drafts))
        except ENVIRONMENT:
            raise
        except Exception:
            logger.exception("%s cannot inspect a group of %s", self.path, len(drafts))
        for draft in drafts:
            self._inspect_alone(project, draft)
        positions = [position for position, draft in enumerate(drafts) if draft.id not in self._unreadable]
        self._reaction = self._make()
        found = self._reaction.inspect(project, [drafts[position] for position in positions])
        return Inspection({positions[index]: refusal for index, refusal in found.refusals.items()}, found.customers)

    def _inspect_alone(self, project: Project, draft: Draft) -> None:
        """Notes the draft as unreadable where it is, or where nothing may be tried any more."""
        try:
            if self.runs.take():
                _in_savepoint(lambda: self._make().inspect(project, [draft]))
            else:
                self._unreadable[draft.id] = None
        except ENVIRONMENT:
            raise
        except Exception as error:
            self._unreadable[draft.id] = error

    def react(self, batch: Batch) -> Iterator[Effect | Skip]:
        for cause in batch.causes:
            if cause.id in self._unreadable:
                self._bury([cause], [], self._unreadable[cause.id])
        readable = [cause for cause in batch.causes if cause.id not in self._unreadable]
        effects = [effect for effect in batch.effects if effect.cause.id not in self._unreadable]
        if readable or effects:
            yield from self._try(batch, readable, effects)

    def settle(self, batch: Batch) -> None:
        """As the reaction does; where it fails, the effects are kept for it to react to later."""
        try:
            _in_savepoint(lambda: self._reaction.settle(batch))
        except ENVIRONMENT:
            raise
        except Exception as error:
            logger.exception("%s cannot settle a group of %s", self.path, len(batch.effects))
            self._bury([], batch.effects, error)

    def _try(self, batch: Batch, causes: Sequence[Cause], effects: Sequence[Effect]) -> Iterable[Effect | Skip]:
        """What the reaction makes of this part of the batch, halved where it fails."""
        if not self.runs.take():
            self._bury(causes, effects, None)
            return []
        part = Batch(batch.project, batch.now, causes, effects)
        try:
            return _in_savepoint(lambda: list(self._reaction.react(part)))
        except ENVIRONMENT:
            raise
        except Exception as error:
            if len(_ids(causes, effects)) == 1:
                logger.exception("%s failed on %s", self.path, _ids(causes, effects))
                self._bury(causes, effects, error)
                return []
        return [outcome for half in _halves(causes, effects) for outcome in self._try(batch, *half)]

    def _bury(self, causes: Sequence[Cause], effects: Sequence[Effect], error: Exception | None) -> None:
        problem = type(error).__name__ if error else UNEXAMINED
        for cause in causes:
            self.failures.append(Failure(cause, self.path, problem, str(error or "")))
        of_cause: dict[object, list[Effect]] = {}
        for effect in effects:
            of_cause.setdefault(effect.cause.id, []).append(effect)
        for own in of_cause.values():
            self.failures.append(Failure(own[0].cause, self.path, problem, str(error or ""), own))


def careful_reactions() -> list[Careful]:
    runs = Runs()
    return [Careful(path, runs) for path in settings.EVENT_REACTIONS]


def _in_savepoint(work: Callable[[], T]) -> T:
    with transaction.atomic():
        return work()


def _ids(causes: Sequence[Cause], effects: Sequence[Effect]) -> list[object]:
    return list(dict.fromkeys([cause.id for cause in causes] + [effect.cause.id for effect in effects]))


def _halves(causes: Sequence[Cause], effects: Sequence[Effect]) -> Iterator[tuple[Sequence[Cause], Sequence[Effect]]]:
    """The two halves of the events concerned, each with its causes and effects in their order."""
    ids = _ids(causes, effects)
    middle = len(ids) // 2
    for half in (set(ids[:middle]), set(ids[middle:])):
        yield (
            [cause for cause in causes if cause.id in half],
            [effect for effect in effects if effect.cause.id in half],
        )
