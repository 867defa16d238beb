"""Imports of a shop in which `paid` pays a point."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.commands.imports import PROPERTIES
from tests.world import a_definition, a_loyalty_programme, a_rule


@pytest.fixture
def paid(project):
    """An event that pays a point, and whose properties are of every kind."""
    definition = a_definition(project, "paid", PROPERTIES)
    a_rule(a_loyalty_programme(project), definition, points=1)
    return definition


@pytest.fixture
def run(project, tmp_path):
    """Imports a file of that name and content; exit code, what was counted, and the rejected rows."""

    def ran(name, content=None, *options):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        out = StringIO()
        code = 0
        try:
            call_command("import_events", str(path), "--project", project.slug, "--json", *options, stdout=out)
        except CommandError as error:
            code = error.returncode
        answer = json.loads(out.getvalue())
        counts = tuple(answer[name] for name in ("accepted", "replayed", "rejected"))
        rejected = tmp_path / f"{name}.rejected.jsonl"
        rows = [json.loads(line) for line in rejected.read_text().splitlines()] if rejected.exists() else []
        return code, counts, rows

    return ran
