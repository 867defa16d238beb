"""Random filters, customers and events, for properties that must hold of all of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from rules.operators import KNOWN, OPERATORS, Kind

# Berlin's clocks go back at the end of the second day before.
NOW = datetime(2026, 10, 27, 9, 30, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Cairo")
WORDS = ("gold", "Gold", "old", "go", "ä-ö", "5", "true", "%_'", "")
FILLED = tuple(word for word in WORDS if word)
NUMBERS = (0, 1, 2, 3, 5, Decimal("2.5"), Decimal("-0.1"))
DAYS = tuple(date(2026, 10, 27) + timedelta(days=offset) for offset in (-400, -31, -30, -29, -2, -1, 0, 1, 2, 30))
# At and around midnights of several zones.
MOMENTS = tuple(
    datetime(2026, 10, 27, tzinfo=UTC) + timedelta(days=day, hours=hour, seconds=second)
    for day in (-31, -30, -3, -2, -1, 0, 1)
    for hour, second in ((0, 0), (-2, 0), (-1, 0), (-1, -1), (4, 0), (9, 45))
)


def iso(moment):
    return moment.isoformat().replace("+00:00", "Z")


SCALARS = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(NUMBERS),
    st.booleans(),
    st.sampled_from(DAYS).map(date.isoformat),
    st.sampled_from(MOMENTS).map(iso),
)
VALUES = st.one_of(SCALARS, st.none(), st.lists(SCALARS, max_size=3), st.just({"a": 1}))
METADATA = st.dictionaries(st.sampled_from(["tier", "old tier", "0"]), VALUES)


def operands(operator, kind):
    """What may stand behind an operator of a field of that kind."""
    if operator in KNOWN:
        return st.just("")
    if operator == "$next_month":
        return st.just(True)
    if operator.endswith(("_ago", "_future")) or operator.startswith("$count"):
        return st.sampled_from([0, 1, 2, 29, 30, "31"])
    if operator in ("$before", "$after"):
        return st.one_of(st.sampled_from(DAYS).map(date.isoformat), st.sampled_from(MOMENTS).map(iso))
    if operator in ("$contains", "$not_contain", "$starts_with", "$ends_with"):
        return st.sampled_from(FILLED)
    if operator.startswith(("$more", "$less")):
        return st.sampled_from(NUMBERS)
    values = {
        Kind.TEXT: st.sampled_from(WORDS),
        Kind.NUMBER: st.sampled_from(NUMBERS),
        Kind.DAY: st.sampled_from(DAYS).map(date.isoformat),
        Kind.MOMENT: st.one_of(st.sampled_from(MOMENTS).map(iso), st.sampled_from(DAYS).map(date.isoformat)),
        Kind.JSON: SCALARS,
    }
    return values[kind]


@st.composite
def conditions(draw, kind):
    operators = draw(st.lists(st.sampled_from(OPERATORS[kind]), min_size=1, max_size=2, unique=True))
    several = {
        name: draw(st.lists(operands(name, kind), min_size=1, max_size=1 + (name != "$next_month")))
        for name in operators
    }
    return {name: values if len(values) > 1 else values[0] for name, values in several.items()}


FIELDS = {
    "name": Kind.TEXT,
    "source_id": Kind.TEXT,
    "address.country": Kind.TEXT,
    "birthdate": Kind.DAY,
    "created_at": Kind.MOMENT,
    "updated_at": Kind.MOMENT,
    "metadata.tier": Kind.JSON,
    "metadata.0": Kind.JSON,
    "loyalty_points.campaigns.The V.I.P. club.points": Kind.NUMBER,
    "loyalty.referred_customers": Kind.NUMBER,
    "referrals.total": Kind.NUMBER,
    "events.paid. in full.count": Kind.NUMBER,
    "events.paid. in full.count_2": Kind.NUMBER,
    "events.paid. in full.last_at": Kind.MOMENT,
    "events.paid. in full.first_at": Kind.MOMENT,
}


@st.composite
def fields(draw, name):
    field = {"conditions": draw(conditions(FIELDS[name]))}
    if not name.startswith("events."):
        return field
    if ".count" in name and draw(st.booleans()):
        field["within_days"] = draw(st.sampled_from([1, 2, 3, 30]))
    if draw(st.booleans()):
        field["where"] = {
            "junction": draw(st.sampled_from(["and", "OR"])),
            "metadata.tier": {"conditions": draw(conditions(Kind.JSON))},
            "metadata.0": {"conditions": draw(conditions(Kind.JSON))},
        }
    return field


@st.composite
def filters(draw):
    names = draw(st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3, unique=True))
    return {"junction": draw(st.sampled_from(["and", "or"]))} | {name: draw(fields(name)) for name in names}


TEXTS = st.one_of(st.none(), st.sampled_from(WORDS))
CUSTOMERS = st.fixed_dictionaries(
    {
        "name": TEXTS,
        "address": st.one_of(st.none(), st.fixed_dictionaries({"country": TEXTS})),
        "birthdate": st.one_of(st.none(), st.sampled_from(DAYS)),
        "metadata": METADATA,
        "created_at": st.sampled_from(MOMENTS),
        "updated_at": st.one_of(st.none(), st.sampled_from(MOMENTS)),
    }
)
EVENTS = st.lists(st.tuples(st.sampled_from(MOMENTS), METADATA, st.booleans()), max_size=5)
