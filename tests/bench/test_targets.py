"""Bars, and what a figure is said to be beside them."""

import pytest

from bench.cases import Chapter, Finding
from bench.report import summary_text
from bench.sections.memory import growth
from bench.targets import MEMORY, SINGLE_8, SQLITE_ERRORS, TARGETS


@pytest.mark.parametrize(("figure", "verdict"), [(0.44, "MISS"), (0.45, "pass"), (0.59, "pass"), (0.6, "aim")])
def test_a_ratio_that_is_to_be_high_meets_its_bar_from_below(figure, verdict):
    assert SINGLE_8.verdict(figure) == verdict


@pytest.mark.parametrize(("figure", "verdict"), [(141, "MISS"), (140, "pass"), (110, "aim")])
def test_a_figure_that_is_to_be_low_meets_its_bar_from_above(figure, verdict):
    assert MEMORY.verdict(figure) == verdict


def test_the_summary_has_every_row_with_the_median_of_its_rounds():
    chapter = Chapter("events", "", [], [Finding(SINGLE_8.title, (0.2, 0.5, 0.9), SINGLE_8)], [])

    lines = summary_text([chapter]).splitlines()

    assert len(lines) == 2 + len(TARGETS)
    assert " ".join(lines[2].split()) == f"{SINGLE_8.title} ≥ 0.45 ≥ 0.60 0.50 [0.20-0.90] pass"
    assert lines[3].endswith("not measured")


def test_no_error_at_all_is_what_is_wanted():
    assert [SQLITE_ERRORS.verdict(count) for count in (0, 1)] == ["aim", "MISS"]


def test_memory_grows_by_the_line_through_its_readings():
    assert growth([(50_000, 100.0), (75_000, 101.0), (100_000, 102.0)]) == pytest.approx(2.0)
    assert growth([(50_000, 100.0)]) == 0.0
