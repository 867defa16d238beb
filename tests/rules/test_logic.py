"""How rules are joined, read without running anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.logic import LONGEST_LOGIC, MOST_PARENTHESES, BadLogic, parse_logic


def holds(text, *true):
    return parse_logic(text).holds(true.__contains__)


@pytest.mark.parametrize(
    ("text", "true", "expected"),
    [
        ("1", ["1"], True),
        ("1", [], False),
        ("1 AND 2", ["1"], False),
        ("1 and 2", ["1", "2"], True),
        ("1 Or 2", ["2"], True),
        ("(1 or 2) and 3", ["2", "3"], True),
        ("(1 or 2) and 3", ["1", "2"], False),
        ("(1 and 2) and (3)", ["1", "2", "3"], True),
        ("1 or 2 and 3", ["1"], True),
        ("1 or 2 and 3", ["2"], False),
        ("((1))or(2)", ["2"], True),
        (" 1\tAND\n2 ", ["1", "2"], True),
    ],
)
def test_and_binds_more_tightly_than_or_and_case_does_not_matter(text, true, expected):
    assert holds(text, *true) is expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ends where a rule is expected"),
        ("1 and", "ends where a rule is expected"),
        ("and 1", "has 'and' where a rule is expected"),
        ("1 2", "cannot be read from '2' on"),
        ("(1", "has a parenthesis that is not closed"),
        ("1)", "cannot be read from ')' on"),
        ("()", "has ')' where a rule is expected"),
        ("1 && 2", "cannot be read from '&& 2' on"),
        ("__import__('os')", "cannot be read from"),
        ("(" * (MOST_PARENTHESES + 1) + "1" + ")" * (MOST_PARENTHESES + 1), "must NOT have more than 20 parentheses"),
        ("1" * (LONGEST_LOGIC + 1), "must NOT have more than 2000 characters"),
    ],
)
def test_what_cannot_be_read_says_from_where_on(text, words):
    with pytest.raises(BadLogic, match="^" + words.replace("(", r"\(").replace(")", r"\)")):
        parse_logic(text)


@given(st.text(alphabet="12 ()andorANDOR\x00ä", max_size=60))
def test_whatever_is_written_is_read_or_refused(text):
    try:
        names = set(parse_logic(text).names())
    except BadLogic:
        return
    assert names and all(name in text for name in names)


# A tree, as text and as Python has it.
NAMES = st.sampled_from("1234").map(lambda name: (name, f"{name!r} in true"))
TREES = st.recursive(
    NAMES,
    lambda inner: st.tuples(inner, st.sampled_from(["and", "or", "AND", "Or"]), inner).map(
        lambda parts: (
            f"({parts[0][0]}) {parts[1]} ({parts[2][0]})",
            f"({parts[0][1]}) {parts[1].lower()} ({parts[2][1]})",
        )
    ),
    max_leaves=12,
)


@given(TREES, st.sets(st.sampled_from("1234")))
def test_it_comes_to_what_python_says(tree, true):
    text, python = tree

    assert holds(text, *true) is eval(python, {"true": true})
