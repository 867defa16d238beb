"""Whether constraints let through less than others did."""

from collections.abc import Iterator, Mapping
from typing import Any

from common.jsons import JsonValue

Options = Mapping[str, JsonValue]
# A bound and whether the bound itself is outside; the greater demand lets through less.
Demand = tuple[Any, bool]
NO_DEMAND: Demand = (float("-inf"), False)


def is_narrower(before: Options, after: Options) -> bool:
    """Whether some value that `before` lets through may be refused by `after`; both of the same type."""
    if any(new > old for old, new in zip(_demands(before), _demands(after), strict=True)):
        return True
    return _allows_less(before, after) or _forbids_more(before, after) or _asks_for_another_schema(before, after)


def _demands(options: Options) -> Iterator[Demand]:
    """How much is asked for at each of the four ends: lowest, highest, shortest, longest."""
    yield _strictest((options.get("gt"), True, 1), (options.get("gte"), False, 1))
    yield _strictest((options.get("lt"), True, -1), (options.get("lte"), False, -1))
    yield _strictest((options.get("min_length"), False, 1), (options.get("exact_length"), False, 1))
    yield _strictest((options.get("max_length"), False, -1), (options.get("exact_length"), False, -1))


def _strictest(*bounds: tuple[Any, bool, int]) -> Demand:
    """Upper bounds count with their sign turned: there the lower one asks for more."""
    demands = [(sign * bound, is_outside) for bound, is_outside, sign in bounds if bound is not None]
    return max(demands, default=NO_DEMAND)


def _allows_less(before: Options, after: Options) -> bool:
    if "eq" not in after:
        return False
    return "eq" not in before or not set(before["eq"]) <= set(after["eq"])


def _forbids_more(before: Options, after: Options) -> bool:
    return not set(after.get("ne", ())) <= set(before.get("ne", ()))


def _asks_for_another_schema(before: Options, after: Options) -> bool:
    return "object_type" in after and before.get("object_type") != after["object_type"]
