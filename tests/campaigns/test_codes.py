"""Codes are made by a pattern, compared by the project's rule, and never given twice."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.codes import (
    code_key,
    find_by_codes,
    insert_vouchers,
    make_vouchers,
    parse_code_config,
    random_code,
)
from campaigns.models import Voucher
from campaigns.vouchers import add_code
from common.refusals import Duplicate
from tests.factories import ProjectFactory
from tests.world import TESTER, a_loyalty_programme, a_referral_programme


def codes_of(campaign):
    return sorted(campaign.vouchers.values_list("code", flat=True))


@pytest.fixture
def strict_project(db):
    """A project whose codes differ by case."""
    return ProjectFactory(case_sensitive_codes=True)


def test_a_code_has_eight_letters_and_digits_where_nothing_is_said():
    code = random_code({})

    assert (len(code), set(code) <= set(string.ascii_letters + string.digits)) == (8, True)


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"length": 5, "charset": "A"}, "AAAAA"),
        ({"pattern": "NRY-##", "charset": "7"}, "NRY-77"),
        ({"pattern": "NRY-##", "charset": "7", "length": 20}, "NRY-77"),
        ({"prefix": "P-", "postfix": "-E", "length": 2, "charset": "x"}, "P-xx-E"),
        ({"prefix": "#", "pattern": "fixed"}, "#fixed"),
        ({"pattern": "#", "charset": "😀"}, "😀"),
    ],
)
def test_a_code_follows_its_configuration(config, code):
    assert random_code(config) == code


@given(st.text("AB#-", min_size=1, max_size=20))
def test_every_mark_of_a_pattern_becomes_a_character_of_the_charset(pattern):
    code = random_code({"pattern": pattern, "charset": "xy"})

    assert len(code) == len(pattern)
    assert [made for made, mark in zip(code, pattern, strict=True) if mark != "#"] == [c for c in pattern if c != "#"]
    assert {made for made, mark in zip(code, pattern, strict=True) if mark == "#"} <= {"x", "y"}


@pytest.mark.parametrize(
    ("raw", "config"),
    [
        (None, {}),
        ({}, {}),
        ({"length": None, "prefix": None, "colour": "red"}, {}),
        (
            {"length": 5, "charset": "AB", "prefix": "P", "postfix": "E", "pattern": "##"},
            {"length": 5, "charset": "AB", "prefix": "P", "postfix": "E", "pattern": "##"},
        ),
    ],
)
def test_a_configuration_is_read(raw, config):
    assert parse_code_config(raw, "code_config") == (config, [])


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ("##", ["c"]),
        ([], ["c"]),
        ({"length": 0}, ["c.length"]),
        ({"length": 101}, ["c.length"]),
        ({"length": "5"}, ["c.length"]),
        ({"length": True}, ["c.length"]),
        ({"prefix": ""}, ["c.prefix"]),
        ({"pattern": "#" * 101}, ["c.pattern"]),
        ({"charset": 5, "postfix": []}, ["c.charset", "c.postfix"]),
        ({"prefix": "a" * 100, "postfix": "b" * 100, "length": 56}, ["c"]),
        ({"prefix": "a" * 100, "postfix": "b" * 100, "pattern": "#" * 56}, ["c"]),
    ],
)
def test_a_configuration_of_the_wrong_shape_is_named(raw, paths):
    assert [error.path for error in parse_code_config(raw, "c")[1]] == paths


def test_the_longest_code_fits_its_column(project):
    config, errors = parse_code_config({"prefix": "a" * 100, "postfix": "ß" * 100, "pattern": "#" * 55}, "c")

    made = make_vouchers(a_loyalty_programme(project, code_config=config), 1)

    assert (errors, [len(voucher.code) for voucher in made]) == ([], [255])


def test_vouchers_are_made_by_the_campaigns_pattern(project):
    club = a_loyalty_programme(project, code_config={"pattern": "C-#", "charset": "ABC"})

    made = make_vouchers(club, 3)

    assert sorted(voucher.code for voucher in made) == codes_of(club) == ["C-A", "C-B", "C-C"]


def test_a_pattern_that_is_used_up_gives_what_is_left(project):
    club = a_loyalty_programme(project, code_config={"pattern": "C-#", "charset": "AB"})

    assert [len(make_vouchers(club, 5)), len(make_vouchers(club, 1))] == [2, 0]


def test_codes_are_taken_once_in_a_project_whatever_the_campaign(project, mallorys_project):
    first, second = (a_loyalty_programme(project, name) for name in ("Club", "Gold"))
    mallorys = a_loyalty_programme(mallorys_project)
    add_code(first, "CARD-1", by=TESTER)
    add_code(mallorys, "CARD-1", by=TESTER)

    with pytest.raises(Duplicate) as refused:
        add_code(second, "CARD-1", by=TESTER)

    assert (refused.value.key, refused.value.details) == (
        "duplicate_resource_key",
        "Voucher with code CARD-1 already exists",
    )


@pytest.mark.parametrize(("one", "other"), [("nry-01", "NRY-01"), ("STRASSE", "straße"), ("ΣΊΣΥΦΟΣ", "σίσυφος")])
def test_case_is_folded_where_the_project_ignores_it(project, one, other):
    club = a_loyalty_programme(project)
    voucher = add_code(club, one, by=TESTER)

    assert find_by_codes(project, [other]) == {other: voucher}
    with pytest.raises(Duplicate):
        add_code(club, other, by=TESTER)


def test_case_matters_where_the_project_says_so(strict_project):
    club = a_loyalty_programme(strict_project)
    lower, upper = (add_code(club, code, by=TESTER) for code in ("nry-01", "NRY-01"))

    assert find_by_codes(strict_project, ["nry-01", "NRY-01", "Nry-01"]) == {"nry-01": lower, "NRY-01": upper}


def test_a_folded_code_is_kept_as_it_was_written(project):
    voucher = add_code(a_loyalty_programme(project), "Nry-01", by=TESTER)

    assert (voucher.code, voucher.code_key, code_key(project, "NRY-01")) == ("Nry-01", "nry-01", "nry-01")


def test_of_codes_that_fold_alike_one_is_stored(project):
    stored = insert_vouchers(a_loyalty_programme(project), ["abc", "ABC", "def"])

    assert sorted(voucher.code_key for voucher in stored) == ["abc", "def"]


def test_codes_are_found_in_one_statement_by_every_spelling(project, django_assert_num_queries):
    club = a_loyalty_programme(project)
    voucher = add_code(club, "NRY-01", by=TESTER)

    with django_assert_num_queries(1):
        found = find_by_codes(project, ["NRY-01", "nry-01", "other"])
        assert [item.holder for item in found.values()] == [None, None]

    assert found == {"NRY-01": voucher, "nry-01": voucher}


def test_no_codes_cost_nothing(project, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert find_by_codes(project, []) == {}


def test_another_projects_codes_are_not_found(project, mallorys_project):
    add_code(a_loyalty_programme(project), "NRY-01", by=TESTER)

    assert find_by_codes(mallorys_project, ["NRY-01"]) == {}


def test_codes_are_of_the_kind_of_their_campaign(project):
    referral = add_code(a_referral_programme(project, None), "NRY-01", by=TESTER)
    card = add_code(a_loyalty_programme(project), "CARD-1", by=TESTER)

    assert [(voucher.type, voucher.is_referral_code, voucher.discount) for voucher in (referral, card)] == [
        ("DISCOUNT_VOUCHER", True, {"type": "PERCENT", "percent_off": 10}),
        ("LOYALTY_CARD", False, None),
    ]
    assert Voucher.objects.count() == 2
