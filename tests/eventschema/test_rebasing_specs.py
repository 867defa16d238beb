"""Mine on top of theirs: both changes stand, and where they differ mine counts and is told."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from eventschema.rebasing import Rebased, rebase
from eventschema.spec import PropertySpec
from tests.eventschema.schemas import specs_of

A, B, C = BASE = specs_of({name: {"type": "string"} for name in "abc"})


def names(rebased: Rebased) -> list[str]:
    return [spec.name for spec in rebased.specs]


def test_changes_of_different_properties_both_stand():
    rebased = rebase([replace(A, optional=False), B, C], BASE, [A, B, replace(C, name="d")])

    assert (names(rebased), rebased.specs[0].optional, rebased.clashes) == (["a", "b", "d"], False, [])


def test_different_changes_of_one_property_are_a_clash_and_mine_counts():
    rebased = rebase([replace(A, name="mine"), B, C], BASE, [replace(A, name="theirs"), B, C])

    assert (names(rebased), rebased.clashes) == (["mine", "b", "c"], ["a"])


def test_the_same_change_on_both_sides_is_none():
    changed = [replace(A, name="x"), B, C]

    assert rebase(changed, BASE, changed) == Rebased(changed, [])


def test_what_either_side_removed_is_gone():
    assert names(rebase([A, B], BASE, [B, C])) == ["b"]


def test_what_i_removed_and_they_changed_is_a_clash():
    rebased = rebase([A, B], BASE, [A, B, replace(C, optional=False)])

    assert (names(rebased), rebased.clashes) == (["a", "b"], ["c"])


def test_what_both_added_alike_is_one_property():
    mine, theirs = specs_of({"d": {"type": "string"}}), specs_of({"d": {"type": "string"}})

    rebased = rebase([*BASE, *mine], BASE, [*BASE, *theirs])

    assert (names(rebased), rebased.specs[3].id, rebased.clashes) == (["a", "b", "c", "d"], theirs[0].id, [])


def test_what_both_added_differently_under_one_name_is_a_clash_and_mine_counts():
    mine, theirs = specs_of({"d": {"type": "string"}}), specs_of({"d": {"type": "number"}})

    rebased = rebase([*BASE, *mine], BASE, [*BASE, *theirs])

    assert (names(rebased), rebased.specs[3].type, rebased.clashes) == (["a", "b", "c", "d"], "string", ["d"])


def test_the_order_is_theirs_unless_i_moved_something():
    assert names(rebase(BASE, BASE, [C, A, B])) == ["c", "a", "b"]
    assert names(rebase([B, A, C], BASE, [C, A, B])) == ["b", "a", "c"]


some = st.lists(st.sampled_from([A, B, C, replace(A, optional=False), replace(B, name="x")]), unique_by=lambda s: s.id)


@given(some, some)
def test_who_changed_nothing_gets_the_others_change(base: list[PropertySpec], other: list[PropertySpec]):
    assert sorted(names(rebase(base, base, other))) == sorted(spec.name for spec in other)
    assert sorted(names(rebase(other, base, base))) == sorted(spec.name for spec in other)
