"""What the guides tell people to type works in the demo, to the letter but for ids and keys."""

import json
import re
import shlex
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.test import Client

from demo.credentials import ensure_credentials
from demo.loading import load_demo
from events.models import Event
from eventschema.models import EventDefinition
from loyalty.models import EarningRule
from projects.models import AsyncAction

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DOCS = settings.BASE_DIR / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
KEYS = {"X-App": "server", "X-Management": "management"}


def blocks(name, kind):
    text = (settings.BASE_DIR / name).read_text()
    return [found[2] for found in BLOCK.finditer(text) if found[1] == kind]


CURLS = [
    block for name in ("README.md", "docs/integrators.md") for block in blocks(name, "sh") if block.startswith("curl")
]
SEGMENT, RULE = (
    next(block for block in blocks("docs/integrators.md", "json") if word in block)
    for word in ('"Big spenders"', '"Video reviews of regulars"')
)
DISTRIBUTION = next(block for block in blocks("docs/integrators.md", "http") if "POST /v1/distributions" in block)


@pytest.fixture
def demo(db, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    project, _ = load_demo(NOW)
    project.refresh_from_db()
    return project


@pytest.fixture
def send(demo):
    keys = ensure_credentials(demo, NOW)

    def sent(method, address, body=None, *, form=None, family="X-App"):
        key = keys[KEYS[family]]
        names = {"X-App": ("X-App-Id", "X-App-Token"), "X-Management": ("X-Management-Id", "X-Management-Token")}
        headers = dict(zip(names[family], (key["id"], key["token"]), strict=True))
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        data = urlencode(form) if form else body or ""
        return Client().generic(method, address, data, content_type=kind, headers=headers)

    return sent


def curl_of(block):
    """(method, address, what is sent, whether as a form, names of headers) of a block, as a shell reads it."""
    words = shlex.split(block.replace("\\\n", " "))
    given = {"-X": [], "-H": [], "-d": [], "--data-urlencode": []}
    rest = iter(words[1:])
    address, flags = "", set()
    for word in rest:
        if word in given:
            given[word].append(next(rest))
        elif word.startswith("-"):
            flags.add(word)
        else:
            address = word
    parts = urlsplit(address)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if "-G" in flags:
        pairs = [pair.partition("=")[::2] for pair in given["--data-urlencode"]]
        return "GET", f"{path}?{urlencode(pairs)}", [], given["-H"]
    method = (given["-X"] or ["POST" if given["-d"] else "GET"])[0]
    return method, path, given["-d"], given["-H"]


def with_ids(text, ids):
    """The ids that a guide leaves out, filled in; each has to be known here."""
    return re.sub(r"[a-z]+_…|\$EVENT_ID", lambda found: ids[found[0]], text)


@pytest.fixture
def ids(demo, send):
    """Something of each kind that the guides name."""
    segment = send("POST", "/v1/segments", '{"name": "Regulars", "type": "static", "customers": []}').json()
    rule = send("POST", "/v1/validation-rules", '{"name": "Anything", "rules": {}}').json()
    campaign = {"name": "Carts", "campaign_type": "DISCOUNT_COUPONS", "voucher": {}}
    campaign["voucher"] = {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}}
    carts = send("POST", "/v1/campaigns", json.dumps(campaign)).json()
    action = AsyncAction.objects.create(project=demo, type="X", created_at=NOW, updated_at=NOW)
    return {
        "proj_…": demo.public_id,
        "aa_…": action.public_id,
        "ms_…": EventDefinition.objects.get(project=demo, name="cart_abandoned").public_id,
        "ern_…": EarningRule.objects.filter(project=demo).order_by("pk")[0].public_id,
        "seg_…": segment["id"],
        "val_…": rule["id"],
        "camp_…": carts["id"],
        "$EVENT_ID": Event.objects.filter(project=demo).order_by("pk")[0].public_id,
    }


def test_the_guides_show_calls():
    assert len(CURLS) >= 12


@pytest.mark.parametrize("block", CURLS, ids=[block.splitlines()[0][:70] for block in CURLS])
def test_what_is_typed_into_a_shell_is_taken(send, ids, block):
    method, address, data, headers = curl_of(block)
    family = "X-Management" if any(header.startswith("X-Management") for header in headers) else "X-App"
    is_json = any("application/json" in header for header in headers)
    form = None if is_json or not data else dict(pair.partition("=")[::2] for pair in data)
    body = with_ids(data[0], ids) if is_json else None

    answer = send(method, with_ids(address, ids), body, form=form, family=family)

    assert answer.status_code in (200, 201, 202), answer.content
    if "/batch" in address:
        assert answer.json()["accepted"] == len(json.loads(body)["events"])


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/v1/segments", SEGMENT),
        ("/v1/validation-rules", RULE),
        ("/v1/distributions", DISTRIBUTION.partition("\n")[2]),
    ],
)
def test_bodies_that_are_shown_whole_are_taken(send, ids, address, body):
    stated = {"name": "order paid", "schema": {"properties": {"amount": {"type": "number", "optional": True}}}}
    definitions = f"/management/v1/projects/{ids['proj_…']}/custom-event-schemas"
    assert send("POST", definitions, json.dumps(stated), family="X-Management").status_code == 200

    answer = send("POST", address, with_ids(body, ids))

    assert answer.status_code == 200, answer.content


def command_rows():
    """(name, options) of each row of the table of commands."""
    text = (DOCS / "operators.md").read_text().partition("## Commands")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_]+)([^`]*)` \|", text, re.MULTILINE)
    return [(name, re.findall(r"--[a-z-]+", options)) for name, options in rows]


@pytest.mark.parametrize(("name", "options"), command_rows())
def test_a_command_has_the_options_that_its_row_says(name, options):
    command = load_command_class(get_commands()[name], name)
    known = command.create_parser("manage.py", name)._option_string_actions

    assert set(options) <= known.keys()


def test_every_command_of_ours_has_a_row():
    ours = {name for name, app in get_commands().items() if (settings.BASE_DIR / app.split(".")[0]).is_dir()}

    assert {"serve", "run_demo"} <= ours <= {name for name, _ in command_rows()}


@pytest.mark.parametrize(
    "path", sorted([settings.BASE_DIR / "README.md", *DOCS.rglob("*.md")]), ids=lambda path: path.name
)
def test_a_link_to_another_page_leads_somewhere(path):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text())
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]

    assert missing == []


def test_the_make_targets_that_are_named_are_there():
    targets = set(re.findall(r"^([a-z-]+):", (settings.BASE_DIR / "Makefile").read_text(), re.MULTILINE))
    pages = [settings.BASE_DIR / "README.md", *DOCS.rglob("*.md")]
    named = {name for page in pages for name in re.findall(r"`make ([a-z-]+)", page.read_text())}
    named |= {name for block in blocks("README.md", "sh") for name in re.findall(r"^make ([a-z-]+)", block, re.M)}

    assert {"run", "test"} <= named <= targets
