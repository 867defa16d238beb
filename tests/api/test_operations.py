"""docs/operations.md says of every operation whether it is served, and the SDK drives those that are."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.api.routes import routes, segment_routes

PAGE = settings.BASE_DIR / "docs" / "operations.md"
ROW = re.compile(r"\| `(?P<method>[A-Z]+) /(?P<path>\S+)` \|(?P<rest>.+)\|\Z")
JOURNEYS = Path(__file__).parents[1] / "journeys"


def plain(path):
    """The address, whatever its parts are called."""
    return re.sub(r"[{<][^}>]*[}>]", "{}", path)


@pytest.fixture(scope="module")
def rows():
    """By chapter: (method, path) and the other columns."""
    original, _, own = PAGE.read_text().partition("\n## Beyond the original\n")
    return parsed(original), parsed(own)


def parsed(text):
    found = filter(None, map(ROW.match, text.splitlines()))
    return {
        (row["method"], plain(row["path"])): [column.strip() for column in row["rest"].split("|")] for row in found
    }


def test_the_page_says_what_is_served(rows):
    original, own = rows
    served = {(method, plain(route)) for method, route in [*routes(), *segment_routes()]}

    told = {row for row, columns in original.items() if columns[1].startswith("served")}
    assert told | set(own) == served
    assert [row for row, columns in original.items() if columns[1] != "served" and len(columns[2]) < 5] == []


def test_the_official_sdk_drives_every_served_operation(rows):
    original, _ = rows
    tests = "\n".join(path.read_text() for path in JOURNEYS.rglob("*.py"))

    methods = {columns[0].strip("`") for columns in original.values() if columns[1].startswith("served")} - {"–"}
    assert sorted(method for method in methods if f".{method}(" not in tests) == []
