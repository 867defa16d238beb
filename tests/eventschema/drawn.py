"""Definitions of every kind, and metadata that is about to fit them."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from eventschema.property_types import CONSTRAINTS, PROPERTY_TYPES
from eventschema.spec import PropertySpec, contradiction
from tests.common.test_strict_json import TEXTS, VALUES

NAMES = ("a", "b b", "c/~%", "д", "constructor")
ALIASES = {name: (f"old {name}", f"{name}'") for name in NAMES}
WORDS = st.sampled_from(["", "S", "M", "größer", "😀", "a\nb", "1"])
WHOLE = st.integers(-6, 6)
NUMBERS = WHOLE | st.decimals(-6, 6, places=2)
OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "min_length": st.integers(0, 3),
    "max_length": st.integers(0, 4),
    "exact_length": st.integers(0, 4),
    **dict.fromkeys(("gt", "gte", "lt", "lte"), NUMBERS),
}
NESTED_NAMES = ("address", "a/b ~%")
# What comes near the edges of the types that are texts.
TEXTLIKE = st.sampled_from(
    [
        "2026-02-28",
        "2026-02-29",
        "20260228",
        "2026-W01-1",
        "2026-02-28\n",
        "2026-02-28T10:00:00Z",
        "2026-02-28T10:00:00.123456+02:00",
        "2026-02-28T25:00:00Z",
        "2026-02-28t10:00:00z",
        "2026-02-28T10:00Z",
        "2026-02-28T10:00:00",
        "2026-12-31T23:59:60Z",
        "2026-02-28 10:00:00Z",
        "52.5, 13.4",
        "52.5,13.4",
        "90,180",
        "-90.0, -180.000",
        "90.1, 0",
        "0, 181",
        "007, 000",
        "1,2,3",
        "+1,2",
        "1, 2\n",
        "https://example.com/a.png",
        "HTTP://example.com/a.JPEG?x=1#y",
        "https://example.com/a.gif",
        "https:///a.png",
        "https://example.com/png",
        "ftp://example.com/a.png",
        "https://example.com/a b.png",
        "http://:80/a.jpg",
        "http://[::1]/a.jpg",
        "http://[x/a.jpg",
    ]
)


@st.composite
def options_of(draw: Any, kind: str, nested: tuple[str, ...]) -> dict[str, Any]:
    """Constraints that do not contradict one another."""
    names = (
        draw(st.sets(st.sampled_from(PROPERTY_TYPES[kind].constraints))) if PROPERTY_TYPES[kind].constraints else ()
    )
    options: dict[str, Any] = {}
    for name in (name for name in CONSTRAINTS if name in names):
        if name == "object_type":
            value = draw(st.sampled_from(nested)) if nested else None
        elif name in ("eq", "ne"):
            value = draw(st.lists(NUMBERS if kind == "number" else WORDS, min_size=1, max_size=4))
        else:
            value = draw(OPTIONS[name])
        if value is not None and not contradiction(options | {name: value}):
            options[name] = CONSTRAINTS[name].clean(value, kind)
    return options


@st.composite
def properties(draw: Any, nested: tuple[str, ...] = (), may_nest: bool = True) -> list[PropertySpec]:
    kinds = st.sampled_from([kind for kind in PROPERTY_TYPES if may_nest or kind != "object"])
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4)):
        kind = draw(kinds)
        found.append(
            PropertySpec(
                name,
                kind,
                array=draw(st.booleans()),
                optional=draw(st.booleans()),
                options=draw(options_of(kind, nested)),
                description=draw(WORDS),
                personal=draw(st.booleans()),
                deprecated=draw(st.none() | st.dates()),
                aliases=ALIASES[name][: draw(st.integers(0, 2))],
            )
        )
    return found


@st.composite
def snapshots(draw: Any) -> dict[str, Any]:
    """What a SchemaVersion holds."""
    specs = draw(properties(NESTED_NAMES))
    snapshot = {
        "unknown": draw(st.sampled_from(["keep", "strip", "reject"])),
        "properties": [spec.as_snapshot() for spec in specs],
    }
    if used := sorted({spec.options["object_type"] for spec in specs if "object_type" in spec.options}):
        snapshot["nested"] = {
            name: {
                "unknown": draw(st.sampled_from(["keep", "reject"])),
                "properties": [spec.as_snapshot() for spec in draw(properties(may_nest=False))],
            }
            for name in used
        }
    return snapshot


@st.composite
def nearly(draw: Any, item: dict[str, Any], nested: dict[str, Any]) -> Any:
    """A value that a property may well take."""
    if item.get("array"):
        return draw(st.none() | st.lists(nearly({**item, "array": False}, nested), max_size=3) | VALUES)
    by_type: dict[str, st.SearchStrategy[Any]] = {
        "string": WORDS | TEXTS,
        "number": NUMBERS | st.sampled_from([Decimal("1.0"), Decimal("1e3"), 2**62]),
        "boolean": st.booleans() | st.sampled_from([0, 1]),
        "object": objects(nested.get(item.get("object_type"), {"properties": []}), {}),
    }
    chosen = [st.sampled_from(item["eq"])] if "eq" in item else []
    return draw(st.one_of(*chosen, by_type.get(item["type"], TEXTLIKE), st.none(), VALUES))


@st.composite
def objects(draw: Any, schema: dict[str, Any], nested: dict[str, Any]) -> dict[str, Any]:
    """An object with keys that the schema names, and now and then with others."""
    found = {}
    for item in schema["properties"]:
        for name in (item["name"], *item.get("aliases", ())):
            if draw(st.integers(0, 3)):
                found[name] = draw(nearly(item, nested))
    if not draw(st.integers(0, 3)):
        found["other"] = draw(VALUES)
    return found


@st.composite
def pairs(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A snapshot and metadata."""
    snapshot = draw(snapshots())
    return snapshot, draw(objects(snapshot, snapshot.get("nested", {})))
