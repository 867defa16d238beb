"""The floors of docs/architecture.md: a module imports its own app and floors below it, never sideways or up."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "common": 0,
    "projects": 0.5,
    "outbox": 0.75,
    "exports": 0.8,
    "webhooks": 0.9,
    "customers": 1,
    "eventschema": 1,
    "rules": 1,
    "events": 2,
    "campaigns": 2,
    "publications": 2.5,
    "referrals": 3,
    "loyalty": 3,
    "gifts": 3,
    "segments": 3,
    "distributions": 3,
    "api": 4,
    "demo": 4,
    "config": 5,
}
ADMIN_FLOOR = 4


def modules() -> list[Path]:
    return sorted(path for app in FLOORS for path in (ROOT / app).rglob("*.py"))


def app_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def floor_of(path: Path) -> float:
    """The floor of a module's app; an app's admin modules are a door like the API."""
    return ADMIN_FLOOR if path.name.startswith("admin") else FLOORS[app_of(path)]


def imported_apps(path: Path) -> Iterator[tuple[int, str]]:
    """(line, app) of every import of ours, also of those inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            app = name.partition(".")[0]
            if app in FLOORS:
                yield node.lineno, app


def trespasses(path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {app}"
        for line, app in imported_apps(path)
        if app != app_of(path) and FLOORS[app] >= floor_of(path)
    ]


def test_every_app_has_a_floor():
    apps = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert apps - FLOORS.keys() == {"tests", "bench"}


@pytest.mark.parametrize("app", FLOORS)
def test_an_app_imports_only_what_lies_below(app):
    found = [line for path in modules() if app_of(path) == app for line in trespasses(path)]

    assert found == []
