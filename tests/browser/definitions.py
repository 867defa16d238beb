"""Definitions at random, always the same for the same seed: every type, every constraint, none that contradict."""

from decimal import Decimal
from random import Random
from typing import Any

# Texts that break code which does not quote them.
SHARP = (
    "it's",
    'say "hi"',
    "back\\slash",
    "$HOME `id` $(id)",
    "100 % \U0001f381",
    "comma, and; semi",
    "</script>",
    "{{7*7}}",
)
KINDS = ("string", "number", "boolean", "date", "datetime", "image_url", "geopoint", "object")


def a_random_schema(random: Random, nested: str) -> dict[str, Any]:
    """Properties as the management API writes them; objects refer to the nested schema of that name, or to none."""
    names = random.sample([*SHARP_NAMES, *(f"property_{number}" for number in range(12))], random.randint(1, 10))
    return {name: _a_property(random, random.choice(KINDS), nested) for name in names}


SHARP_NAMES = ("it's", 'say "hi"', "back\\slash", "größe \U0001f381", "with space", "1", "constructor", "-x=&?#")


def _a_property(random: Random, kind: str, nested: str) -> dict[str, Any]:
    said: dict[str, Any] = {"type": kind, "optional": random.random() < 0.5, "array": random.random() < 0.3}
    if kind == "string":
        return said | _of_text(random)
    if kind == "number":
        return said | _of_number(random)
    if kind == "object" and random.random() < 0.6:
        return said | {"object_type": nested}
    return said


def _of_text(random: Random) -> dict[str, Any]:
    length = random.choice([0, 1, 3, 11, 12, 40, 500])
    return random.choice(
        [
            {},
            {"min_length": length},
            {"max_length": length},
            {"exact_length": length},
            {"min_length": length, "max_length": length + random.randint(0, 5)},
            {"eq": random.sample(SHARP, random.randint(1, 4))},
            {"eq": ["a", "a longer one", "\U0001f381" * 4], "min_length": 4, "max_length": 5},
        ]
    )


def _of_number(random: Random) -> dict[str, Any]:
    low = Decimal(random.choice([-(10**16), -1000, -3, -1, 0, 1, 7, 10**17])) + Decimal(random.randint(0, 99)) / 100
    step = random.choice([Decimal("0.01"), Decimal(1), Decimal("12.5"), Decimal(10**6)])
    lower, upper = random.choice(["gt", "gte"]), random.choice(["lt", "lte"])
    return random.choice(
        [
            {},
            {lower: low},
            {upper: low},
            {lower: low, upper: low + step},
            {"gte": low, "lte": low},
            {"eq": [low, low + step], upper: low + step + 1},
            {"ne": [42, 10, 4, 1, Decimal("0.5")], lower: 0},
            {"gte": 1, "lte": 3, "ne": [1, 2]},
            {"gt": 1, "lt": 2, "ne": [Decimal("1.5")]},
        ]
    )
