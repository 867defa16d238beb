"""Generated clients: whatever the events are called, the output type-checks, and its instances are accepted."""

import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from common.jsons import dumps
from demo.loading import load_demo
from eventschema.clients import client_events_of
from eventschema.publishing import delete_definition
from eventschema.spec import name_problem
from projects.models import Project
from tests.api.caller import api_of
from tests.eventschema.test_nested_objects import a_nested_schema
from tests.node import installed
from tests.once import once
from tests.world import NOW, TESTER, a_definition

pytestmark = pytest.mark.django_db

COMPILER = Path(__file__).parent / "typescript_compiler"
# What must not become code, in every place where people write.
EVIL = [
    '"""',
    "'''",
    "*/ alert(1) /*",
    '"; import os; os._exit(9) #',
    "\\",
    "a\nb",
    "${x}`",
    "{values}",
    "\u2028",
    "{}",
]
NAMES = ["class", "Class", "cl ass", "date", "Date", "str", "123", "größe", "🎉", "to_json", "a b", "a_b"]
ALL_TYPES = {
    "text": {"type": "string", "min_length": 1},
    "number": {"type": "number"},
    "is_it": {"type": "boolean"},
    "date": {"type": "date"},
    "datetime": {"type": "datetime"},
    "picture": {"type": "image_url"},
    "place": {"type": "geopoint"},
    "any": {"type": "object"},
    "home": {"type": "object", "object_type": "Address", "optional": False},
    "homes": {"type": "object", "object_type": "Address", "array": True},
    "days": {"type": "date", "array": True, "optional": False},
    "plan": {"type": "string", "eq": ["S", *EVIL], "optional": False},
    "sizes": {"type": "number", "eq": [1, -2], "array": True},
    "share": {"type": "number", "eq": [1, Decimal("0.5")]},
}


def of_the_demo(project):
    load_demo(now=NOW)
    return Project.objects.get(slug="demo-shop")


def of_hostile_names(project):
    """Every event with every type, and with properties and descriptions of every name."""
    a_nested_schema(project, "Address", {"city": {"type": "string"}, "class": {"type": "date", "optional": False}})
    described = {"type": "string", "description": f"What {EVIL[0]} is"}
    named = {name: described for name in [*NAMES, *EVIL] if not name_problem(name)} | ALL_TYPES
    properties = {name: {"optional": True} | item for name, item in named.items()}
    for name in [*NAMES, *EVIL, "Address", "TrackedEvent"]:
        a_definition(project, name, properties, description=f"About {name} {EVIL}")
    return project


WORLDS = [of_the_demo, of_hostile_names]


def generated(project, lang, path):
    call_command("generate_client", "--project", project.public_id, "--lang", lang, "--output", str(path))
    return path.read_text()


def checked(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def accepted(project, bodies):
    """The names of the events as the API answers them."""
    api = api_of(project)
    answers = [api.post("/v1/events", {**body, "customer": {"source_id": "ben"}}) for body in bodies]
    assert [answer.body.get("errors") for answer in answers if answer.status != 200] == []
    return [answer.body["type"] for answer in answers]


PYTHON = {
    "string": "'x'",
    "number": "decimal.Decimal('3.50')",
    "boolean": "True",
    "date": "datetime.date(2026, 2, 28)",
    "datetime": "datetime.datetime(2026, 2, 28, 10, 30, tzinfo=datetime.timezone.utc)",
    "image_url": "'https://example.com/a.png'",
    "geopoint": "'52.5, 13.4'",
    "object": "{'a': [1, None]}",
}
TYPESCRIPT = PYTHON | {
    "number": "3.5",
    "boolean": "true",
    "date": "'2026-02-28'",
    "datetime": "new Date(0)",
    "object": "{ a: [1, null] }",
}


def value_of(spec, plain, nested):
    choices = spec.options.get("eq")
    one = dumps(choices[-1]) if choices else nested if "object_type" in spec.options else plain[spec.type]
    return f"[{one}]" if spec.array else one


def python_use(project, source):
    """A program that makes an instance of every class with every field, and prints what it would send."""
    parts = re.split(r"^class (\w+).*:$", source, flags=re.MULTILINE)
    bodies = dict(zip(parts[1::2], parts[2::2], strict=True))
    del bodies["_Object"]
    client = client_events_of(project)
    names = list(bodies)[len(client.objects) :]
    address = "client.Address(city='Oslo', class_=datetime.date(2026, 2, 28))"
    lines = ["import datetime", "import decimal", "import json", "import client", "events = ["]
    for event, name in zip(client.events, names, strict=True):
        fields = re.findall(r"^    (\w+): ", bodies[name], flags=re.MULTILINE)
        given = [f"{field}={value_of(spec, PYTHON, address)}" for field, spec in zip(fields, event.specs, strict=True)]
        lines.append(f"    client.{name}({', '.join(given)}).to_json(),")
    return "\n".join([*lines, "]", "print(json.dumps(events))", ""])


def typescript_use(project, source):
    functions = re.findall(r"^export function (\w+)\(", source, flags=re.MULTILINE)
    address = "{ city: 'Oslo', class: '2026-02-28' }"
    lines = ['import * as client from "./client.js";', "const events = ["]
    for event, function in zip(client_events_of(project).events, functions, strict=True):
        given = [f"{dumps(spec.name)}: {value_of(spec, TYPESCRIPT, address)}" for spec in event.specs]
        lines.append(f"  client.{function}({{ {', '.join(given)} }}),")
    return "\n".join([*lines, "];", "console.log(JSON.stringify(events));", ""])


@once("a compiler knows no database")
@pytest.mark.parametrize("world", WORLDS)
def test_python_type_checks_and_what_it_makes_is_accepted(project, tmp_path, world):
    shop = world(project)
    source = generated(shop, "python", tmp_path / "client.py")
    (tmp_path / "use.py").write_text(python_use(shop, source))

    checked([sys.executable, "-m", "mypy", "--strict", "client.py", "use.py"], tmp_path)
    bodies = json.loads(checked([sys.executable, "use.py"], tmp_path))

    assert accepted(shop, bodies) == [event.name for event in client_events_of(shop).events]


@once("a compiler knows no database")
@pytest.mark.parametrize("world", WORLDS)
def test_typescript_type_checks_and_what_it_makes_is_accepted(project, tmp_path, world):
    shop, compiler = world(project), installed(COMPILER, "TypeScript's compiler")
    source = generated(shop, "typescript", tmp_path / "client.ts")
    (tmp_path / "use.ts").write_text(typescript_use(shop, source))
    (tmp_path / "package.json").write_text('{"type": "module"}')

    tsc = ["node", str(compiler / "node_modules/typescript/bin/tsc"), "--strict", "--exactOptionalPropertyTypes"]
    tsc += ["--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"]
    checked([*tsc, "--noEmit", "client.ts", "use.ts"], tmp_path)
    checked([*tsc, "client.ts", "use.ts"], tmp_path)
    bodies = json.loads(checked(["node", "use.js"], tmp_path))

    assert accepted(shop, bodies) == [event.name for event in client_events_of(shop).events]


@once("a compiler knows no database")
@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("client.Rated(stars='five')", 'Argument "stars" to "Rated" has incompatible type'),
        ("client.Rated(stars=5, plan='XL')", 'Argument "plan" to "Rated" has incompatible type'),
        ("client.Rated()", 'Missing named argument "stars"'),
        ("client.Rated(stars=5, other=1)", 'Unexpected keyword argument "other"'),
    ],
)
def test_a_type_checker_finds_what_would_be_refused(project, tmp_path, given, complaint):
    properties = {
        "stars": {"type": "number", "optional": False},
        "plan": {"type": "string", "optional": True, "eq": ["S"]},
    }
    a_definition(project, "rated", properties)
    generated(project, "python", tmp_path / "client.py")
    (tmp_path / "use.py").write_text(f"import client\n{given}\n")

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "use.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, complaint in done.stdout) == (1, True), done.stdout


def test_what_takes_no_events_is_left_out(project, tmp_path):
    delete_definition(a_definition(project, "gone"), by=TESTER, now=NOW)
    a_definition(project, "there", {"old": {"type": "string", "optional": True, "deleted": True}})

    source = generated(project, "typescript", tmp_path / "client.ts")

    assert (re.findall(r"export interface (\w+) ", source), "old" in source) == (["There"], False)


def test_an_unknown_project_and_a_place_that_is_none_are_told(project, tmp_path):
    with pytest.raises(CommandError, match="nobodys"):
        call_command("generate_client", "--project", "nobodys", "--lang", "python")
    with pytest.raises(CommandError, match="cannot be written"):
        generated(project, "python", tmp_path / "missing" / "client.py")
