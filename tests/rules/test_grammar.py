"""The grammar of validation rules: what is read, and how every mistake is named."""

from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ids import public_id, uuid7
from rules.clock import Clock
from rules.facts import Facts
from rules.grammar import MOST_DEPTH, MOST_RULES, NAMES, compile_tree, parse_tree
from tests.rules.world import asking
from tests.segments.drawn import METADATA, OPERATORS, Kind, operands

NOW = datetime(2026, 10, 27, 9, 30, tzinfo=UTC)
CLOCK = Clock(NOW, ZoneInfo("Europe/Berlin"))
GOLD, SILVER = uuid7(), uuid7()
EVENT = "custom_event.metadata"


def somebody(metadata=None, **columns):
    blank = dict.fromkeys(
        ["name", "email", "phone", "description", "source_id", "birthdate", "birthday", "updated_at"]
    )
    return SimpleNamespace(**{**blank, "created_at": NOW, "metadata": metadata or {}, **columns})


def mistakes(rules):
    return {error.path: error.message for error in parse_tree(rules, [GOLD])[1]}


def holds(rules, event=None, segments=(), **columns):
    tree, errors = parse_tree(rules, [GOLD, SILVER])
    assert errors == []
    return tree.holds(Facts(CLOCK, somebody(**columns), (event or {}).get, frozenset(segments)))


@pytest.mark.parametrize("name", ["custom_event.metadata", "custom_event_metadata"])
def test_metadata_of_the_event_has_two_names_and_needs_a_property(name):
    rules = asking(name, {"$is": ["video"]}, property="kind")

    assert holds(rules, {"kind": "video"}) and not holds(rules, {"kind": "text"})
    assert mistakes(asking(name, {"$is": ["video"]})) == {
        "rules.1.property": "Rule 'custom_event.metadata' must have a 'property'"
    }


@pytest.mark.parametrize(
    ("conditions", "value", "expected"),
    [
        ({"$is": ["video"]}, "video", True),
        ({"$is": [True]}, True, True),
        ({"$is": ["5"]}, 5, True),
        ({"$is_not": ["test"]}, "test", False),
        ({"$is_not": ["test"]}, "phone", True),
        ({"$in": ["a", "b"]}, "b", True),
        ({"$not_in": ["a", "b"]}, "b", False),
        ({"$contains": ["ide"]}, "video", True),
        ({"$contains": ["b"]}, ["a", "b"], True),
        ({"$starts_with": ["vi"]}, "video", True),
        ({"$ends_with": ["eo"]}, "video", True),
        ({"$more_than": [4]}, 5, True),
        ({"$more_than": [5]}, 5, False),
        ({"$less_than": [5]}, 5, False),
        ({"$more_than_or_equal": [5]}, 5, True),
        ({"$less_than_or_equal": [5]}, 5, True),
        ({"$before": ["2026-11-01"]}, "2026-10-31", True),
        ({"$after": ["2026-11-01"]}, "2026-11-01", False),
        ({"$count": [2]}, ["a", "b"], True),
        ({"$count_more": [2]}, ["a", "b"], False),
        ({"$count_less": [3]}, ["a", "b"], True),
        ({"$has_value": [True]}, 0, True),
        ({"$is_unknown": [True]}, 0, False),
        ({"$more_than": [1], "$less_than": [3]}, 2, True),
        ({"$more_than": [1], "$less_than": [3]}, 3, False),
    ],
)
def test_every_condition_of_the_contract_is_judged(conditions, value, expected):
    assert holds(asking(EVENT, conditions, property="p"), {"p": value}) is expected


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"$is": ["a"]}, False),
        ({"$more_than": [0]}, False),
        ({"$before": ["2030-01-01"]}, False),
        ({"$count_less": [9]}, False),
        ({"$has_value": [True]}, False),
        ({"$is_unknown": [True]}, True),
        ({"$is_not": ["a"]}, True),
    ],
)
def test_a_missing_value_meets_nothing_but_what_denies(conditions, expected):
    assert holds(asking(EVENT, conditions, property="p")) is expected


def test_customers_are_asked_for_their_fields_their_metadata_and_their_segments():
    new = asking("customer.created_at", {"$less_than_ago": [7]})
    rules = {
        "mail": asking("customer.email", {"$ends_with": ["@example.com"]})["1"],
        "tier": asking("customer.metadata", {"$in": ["gold"]}, property="tier")["1"],
        "in": asking("customer.segment", {"$is": [public_id("seg", GOLD)]})["1"],
        "not": asking("customer.segment", {"$is_not": [public_id("seg", SILVER)]})["1"],
    }
    ada = {"email": "ada@example.com", "metadata": {"tier": "gold"}}

    assert holds(new)
    assert holds(rules, segments=[GOLD], **ada)
    assert not holds(rules, segments=[GOLD, SILVER], **ada)
    assert not holds(rules, segments=[], **ada)
    assert not holds(rules, segments=[GOLD], **ada | {"email": None})


def test_a_rule_holds_where_its_own_rules_do_too():
    inner = {
        "1": asking(EVENT, {"$is": ["a"]}, property="x")["1"],
        "2": asking(EVENT, {"$is": ["b"]}, property="x")["1"],
        "logic": "1 or 2",
    }
    rules = asking(EVENT, {"$has_value": []}, property="y", rules=inner)

    assert holds(rules, {"x": "b", "y": 1})
    assert not holds(rules, {"x": "b"})
    assert not holds(rules, {"x": "c", "y": 1})


def test_without_logic_all_must_hold_and_without_rules_all_does():
    both = {**asking(EVENT, {"$is": [1]}, property="x"), "2": asking(EVENT, {"$is": [2]}, property="y")["1"]}

    assert holds(both, {"x": 1, "y": 2}) and not holds(both, {"x": 1})
    assert holds({}) and holds({"logic": ""})


def test_every_mistake_is_named_under_its_path():
    found = mistakes(
        {
            "1": {"name": "order.amount", "conditions": {"$is": [1]}},
            "2": {"name": EVENT, "property": "p", "conditions": {"$greater": [1], "$more_than": ["much"]}},
            "3": {"name": "customer.segment", "conditions": {"$contains": ["x"], "$is": [public_id("seg", SILVER)]}},
            "4": {"name": "customer.name", "property": "first", "conditions": {}},
            "5": {"name": EVENT, "property": "p", "conditions": {"$is": [1]}, "rules": {"1": 5}, "colour": 1},
            "6": {"name": 5, "error": "No"},
            "7": [],
            "logic": "1 and (2 or 3) and 4 and 5 and 6 and 8",
        }
    )

    assert set(found) == {
        "rules.1.name",
        "rules.2.conditions.$greater",
        "rules.2.conditions.$more_than",
        "rules.3.conditions.$contains",
        "rules.3.conditions.$is",
        "rules.4.property",
        "rules.4.conditions",
        "rules.5.rules.1",
        "rules.5.colour",
        "rules.6.name",
        "rules.6.error",
        "rules.7",
        "rules.logic",
    }
    assert found["rules.1.name"] == f"Rule 'order.amount' is not known: Boon knows {', '.join(NAMES)}"
    assert "cannot find segment with id seg_" in found["rules.3.conditions.$is"]
    # As rules spell it, and not as segments do.
    assert "$less_than_or_equal, " in found["rules.2.conditions.$greater"]
    assert "$less_than_equal" not in found["rules.2.conditions.$greater"]


def test_depth_and_number_are_bounded():
    deep = {}
    for _ in range(MOST_DEPTH + 1):
        deep = asking(EVENT, {"$has_value": []}, property="p", rules=deep)
    many = {str(n): asking(EVENT, {"$has_value": []}, property="p")["1"] for n in range(MOST_RULES + 1)}

    assert list(mistakes(deep)) == ["rules.1.rules.1.rules.1.rules.1.rules.1.rules"]
    assert list(mistakes(many)) == ["rules"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from([*NAMES, "$is", "1 and 2"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["1", "2", "logic", "name", "property", "conditions", "rules", "error", "$is", "$count"])
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(ANYTHING, ANYTHING)
def test_whatever_json_is_sent_is_read_or_refused_and_judged(rules, value):
    tree, errors = parse_tree(rules, [GOLD])
    stored = compile_tree(rules) if isinstance(rules, dict) and not errors else tree
    facts = Facts(CLOCK, somebody(metadata={"p": value}), lambda _: value)

    assert isinstance(stored.holds(facts), bool)
    assert all(error.path.startswith("rules") and error.message for error in errors)


# --- agreement with a second evaluator, written from the documentation alone -----------------------

SPELLED = {"$more_than_equal": "$more_than_or_equal", "$less_than_equal": "$less_than_or_equal"}
ASKED = tuple(
    operator
    for operator in OPERATORS[Kind.JSON]
    if operator in ("$is", "$is_not", "$in", "$not_in", "$more_than", "$less_than_equal", "$has_value", "$is_unknown")
)
RULES = st.sampled_from(ASKED).flatmap(
    lambda operator: operands(operator, Kind.JSON).map(
        lambda operand: {
            "name": EVENT,
            "property": "tier",
            "conditions": {SPELLED.get(operator, operator): operand if isinstance(operand, list) else [operand]},
        }
    )
)
LOGIC = st.sampled_from(["1 and 2 and 3", "1 or 2 or 3", "(1 or 2) and 3", "1 or (2 and 3)", "1 and 2 or 3"])


def simply(rule, metadata):
    """The rule of one condition, judged the long way round."""
    ((operator, wanted),) = rule["conditions"].items()
    value = metadata.get("tier")
    if operator in ("$has_value", "$is_unknown"):
        return (value is not None) is (operator == "$has_value")
    if operator in ("$more_than", "$less_than_or_equal"):
        if isinstance(value, bool | str | list | dict | None):
            return False
        pairs = [(float(value), float(number)) for number in wanted]
        return any(a > b if operator == "$more_than" else a <= b for a, b in pairs)
    equal = any(same(value, item) for item in wanted)
    return equal is (operator in ("$is", "$in"))


def same(value, item):
    if value is None or isinstance(value, list | dict):
        return False
    if isinstance(value, bool):
        return item is value or item == str(value).lower()
    if isinstance(value, str):
        return value == (str(item).lower() if isinstance(item, bool) else str(item))
    try:
        return not isinstance(item, bool) and float(value) == float(item)
    except ValueError:
        return False


@given(st.tuples(RULES, RULES, RULES), LOGIC, METADATA)
def test_two_evaluators_agree(three, logic, metadata):
    rules = {str(place): rule for place, rule in enumerate(three, 1)} | {"logic": logic}
    a, b, c = (simply(rule, metadata) for rule in three)
    expected = {
        "1 and 2 and 3": a and b and c,
        "1 or 2 or 3": a or b or c,
        "(1 or 2) and 3": (a or b) and c,
        "1 or (2 and 3)": a or (b and c),
        "1 and 2 or 3": (a and b) or c,
    }[logic]

    assert holds(rules, metadata) is expected
