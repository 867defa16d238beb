"""How rules are joined: `1 AND (2 or 3)`, read into a tree. Nothing of it is ever run as code."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LONGEST_LOGIC = 2_000
MOST_PARENTHESES = 20
_TOKEN = re.compile(r"\s*(?:(?P<sign>[()])|(?P<word>[A-Za-z0-9_]+))")


class BadLogic(Exception):
    """What is wrong with the logic; the sentence goes on after the property's name (`must …`)."""


class Logic(ABC):
    """Names of rules, joined by AND and OR."""

    @abstractmethod
    def holds(self, judge: Callable[[str], bool]) -> bool:
        """Whether it comes out true where `judge` says which of the names do."""

    @abstractmethod
    def names(self) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class One(Logic):
    name: str

    def holds(self, judge: Callable[[str], bool]) -> bool:
        return judge(self.name)

    def names(self) -> Iterator[str]:
        yield self.name


@dataclass(frozen=True, slots=True)
class Joined(Logic):
    parts: tuple[Logic, ...]
    is_any: bool = False

    def holds(self, judge: Callable[[str], bool]) -> bool:
        held = (part.holds(judge) for part in self.parts)
        return any(held) if self.is_any else all(held)

    def names(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.names()


def parse_logic(text: str) -> Logic:
    """AND binds more tightly than OR; case does not matter. Raises BadLogic."""
    if len(text) > LONGEST_LOGIC:
        raise BadLogic(f"must NOT have more than {LONGEST_LOGIC} characters")
    reader = _Reader(list(_tokens(text)))
    found = reader.either(MOST_PARENTHESES)
    if reader.next is not None:
        raise BadLogic(f"cannot be read from '{reader.next}' on")
    return found


def _tokens(text: str) -> Iterator[str]:
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise BadLogic(f"cannot be read from '{text[place : place + 20].strip()}' on")
        yield match["sign"] or match["word"]
        place = match.end()


class _Reader:
    """Recursive descent; every parenthesis is one step down, and there are only so many."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def next(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def either(self, depth: int) -> Logic:
        return self._joined("or", lambda: self._both(depth))

    def _both(self, depth: int) -> Logic:
        return self._joined("and", lambda: self._one(depth))

    def _joined(self, word: str, part: Callable[[], Logic]) -> Logic:
        parts = [part()]
        while self.next is not None and self.next.lower() == word:
            self._place += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(tuple(parts), is_any=word == "or")

    def _one(self, depth: int) -> Logic:
        token = self.next
        if token is None:
            raise BadLogic("ends where a rule is expected")
        self._place += 1
        if token == "(":
            return self._inner(depth)
        if token == ")" or token.lower() in ("and", "or"):
            raise BadLogic(f"has '{token}' where a rule is expected")
        return One(token)

    def _inner(self, depth: int) -> Logic:
        if depth == 0:
            raise BadLogic(f"must NOT have more than {MOST_PARENTHESES} parentheses within one another")
        found = self.either(depth - 1)
        if self.next != ")":
            raise BadLogic("has a parenthesis that is not closed")
        self._place += 1
        return found
