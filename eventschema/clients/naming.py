"""Identifiers out of names that may be anything: emoji, keywords, two that differ in a dot alone."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable

_WORDS = re.compile(r"[A-Za-z0-9]+")


def words_of(name: str) -> list[str]:
    """The parts of a name in plain letters and digits, accents taken off: `größe (cm)` → gro, e, cm."""
    return _WORDS.findall("".join(part for part in unicodedata.normalize("NFKD", name) if not _is_mark(part)))


def snake(name: str, fallback: str) -> str:
    return _started("_".join(words_of(name)), fallback, "_")


def pascal(name: str, fallback: str) -> str:
    return _started("".join(word[0].upper() + word[1:] for word in words_of(name)), fallback, "")


def camel(name: str, fallback: str) -> str:
    text = pascal(name, fallback)
    return text[0].lower() + text[1:]


def unique(names: Iterable[str], style: Callable[[str], str], taken: Collection[str]) -> list[str]:
    """An identifier for each name, in order: none twice, and none of `taken`."""
    used = set(taken)
    found = []
    for name in names:
        plain = style(name)
        plain = f"{plain}_" if plain in taken else plain
        candidate, number = plain, 1
        while candidate in used:
            number += 1
            candidate = f"{plain}_{number}"
        used.add(candidate)
        found.append(candidate)
    return found


def _started(text: str, fallback: str, link: str) -> str:
    """An identifier begins with a letter."""
    if not text:
        return fallback
    return f"{fallback}{link}{text}" if text[0].isdigit() else text


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) != 0
