"""The example beside the cards: what it shows is taken by the server, and so is the code that sends it."""

import json
import os
import subprocess
from pathlib import Path
from random import Random
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from common.jsons import parse
from events.models import Event
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.spec import parse_properties
from projects.keys import create_key
from projects.models import Project
from tests.browser.builder import Builder
from tests.browser.definitions import SHARP, SHARP_NAMES, a_random_schema
from tests.node import installed
from tests.once import once
from tests.world import NOW, TESTER, a_definition

pytestmark = once("the builder knows no database")

SCHEMAS = 36


@pytest.fixture
def key(shop: Project) -> dict[str, str]:
    """The environment of a sender."""
    made, token = create_key(shop, kind="server", by=TESTER)
    return {"BOON_APP_ID": made.key_id, "BOON_APP_TOKEN": token}


def an_address(shop: Project) -> None:
    """A nested schema with a required and a bounded property, which refuses everything else."""
    specs, errors = parse_properties(
        {
            "city": {"type": "string", "optional": False, "min_length": 2},
            "floor": {"type": "number", "optional": True, "lt": 0},
        },
        "schema.properties",
    )
    assert errors == []
    schema = MetadataSchema(project=shop, related_object="address", allow_defined_only=True)
    save_nested_schema(schema, specs, by=TESTER, now=NOW)


def posted(home: str, key: dict[str, str], body: str) -> int:
    headers = {
        "X-App-Id": key["BOON_APP_ID"],
        "X-App-Token": key["BOON_APP_TOKEN"],
        "Content-Type": "application/json",
    }
    with urlopen(Request(f"{home}/v1/events", data=body.encode(), headers=headers)) as answer:
        return int(answer.status)


def test_the_example_follows_what_is_typed(builder: Builder):
    builder.page.get_by_label("Name").fill("left_review")

    builder.add("rating", "number", gte="1", lte="5").add("photos", "image_url", array=True)

    builder.expect_sample(
        {
            "event": "left_review",
            "customer": {"source_id": "alex@example.com"},
            "metadata": {"rating": 4, "photos": ["https://example.com/image.png"]},
        }
    )


def test_moving_removing_and_taking_back_show_at_once(builder: Builder):
    builder.add("first", "boolean").add("second", "boolean")

    builder.field(2, "name").press("Alt+ArrowUp")
    builder.expect_metadata({"second": True, "first": True})
    builder.page.get_by_role("button", name="Remove second").click()
    builder.expect_metadata({"first": True})
    builder.page.get_by_role("button", name="Undo").click()

    builder.expect_metadata({"second": True, "first": True})


def test_an_object_is_shown_by_its_nested_schema(desk: Page, live_server: Any, shop: Project):
    an_address(shop)
    builder = Builder(desk, live_server.url).open_new()

    builder.add("place", "object")
    builder.expect_metadata({"place": {"key": "value"}})
    builder.field(1, "object_type").select_option("address")

    builder.expect_metadata({"place": {"city": "sample text", "floor": -1}})


def test_what_contradicts_itself_is_left_out_and_said(builder: Builder):
    builder.add("rating", "number", gte="5", lte="1").add("fine", "boolean")

    builder.expect_metadata({"fine": True})
    expect(builder.warnings).to_have_text(["No value fits “rating”: what is asked of it contradicts itself."])


def test_two_of_one_name_are_warned_of(builder: Builder):
    builder.add("rating").add("rating", "boolean")

    builder.expect_metadata({"rating": True})
    expect(builder.warnings).to_have_text(["Two properties are called “rating”: an event can only hold one of them."])


def test_a_nested_schemas_page_shows_an_object(desk: Page, live_server: Any, shop: Project):
    builder = Builder(desk, live_server.url).open_new("metadataschema")

    builder.add("city").add("floor", "number", lt="0")

    builder.expect_sample({"city": "sample text", "floor": -1})
    expect(desk.get_by_role("tab")).to_have_count(0)


def test_arrows_home_and_end_switch_the_tabs(builder: Builder):
    tab = builder.page.get_by_role("tab", name="JSON")
    tab.focus()

    for key, name in (
        ("ArrowRight", "cURL"),
        ("End", "JavaScript"),
        ("ArrowRight", "JSON"),
        ("ArrowLeft", "JavaScript"),
    ):
        builder.press(key)
        expect(builder.page.get_by_role("tab", name=name)).to_be_focused()
        expect(builder.page.get_by_role("tabpanel", name=name)).to_be_visible()
    builder.press("Home")

    expect(tab).to_be_focused()
    expect(builder.page.get_by_role("tab", selected=True)).to_have_text("JSON")


def test_the_example_is_copied_with_one_press(builder: Builder):
    builder.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    builder.add("rating", "number")

    builder.page.get_by_role("button", name="Copy").click()

    expect(builder.page.get_by_text("Copied", exact=True)).to_be_visible()
    assert builder.page.evaluate("navigator.clipboard.readText()") == builder.sample.inner_text()


def test_a_random_definitions_example_is_accepted_as_it_stands(
    desk: Page, live_server: Any, shop: Project, key: dict[str, str]
):
    an_address(shop)
    random = Random(2026)
    builder = Builder(desk, live_server.url)

    for number in range(SCHEMAS):
        schema = a_random_schema(random, nested="address")
        builder.open(a_definition(shop, f"event {number}", schema, unknown="reject"))
        body = builder.sample.inner_text()

        assert list(parse(body.encode())["metadata"]) == list(schema)
        assert posted(live_server.url, key, body) == 200


@pytest.fixture
def sharp(desk: Page, live_server: Any, shop: Project) -> Builder:
    """The page of a definition whose names and values break what does not quote them."""
    an_address(shop)
    choices: Any = {
        f"{name} {place}": {"type": "string", "optional": False, "eq": [value]}
        for place, (name, value) in enumerate(zip(SHARP_NAMES, SHARP, strict=True))
    }
    others = {
        "yes": {"type": "boolean", "optional": False},
        "all": {"type": "number", "optional": False, "array": True, "eq": [1, 2]},
        "place": {"type": "object", "optional": False, "object_type": "address"},
    }
    return Builder(desk, live_server.url).open(a_definition(shop, 'it\'s "$0" \\ \U0001f381', choices | others))


@pytest.mark.parametrize(("tab", "program"), [("cURL", ["bash", "-c"]), ("Python", ["python3", "-c"])])
def test_the_code_runs_as_it_was_copied(tab: str, program: list[str], sharp: Builder, key: dict[str, str]):
    sharp.page.get_by_role("tab", name=tab).click()

    ran = subprocess.run(
        [*program, sharp.sample.inner_text()],
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/", **key},
        capture_output=True,
        text=True,
        timeout=60,
    )

    answer = ran.stdout.removeprefix("200 ")
    assert json.loads(answer)["object"] == "event", ran.stdout + ran.stderr


def test_the_javascript_runs_with_the_official_sdk(sharp: Builder, key: dict[str, str]):
    home = installed(Path(__file__).parents[1] / "voucherify_node", "Voucherify's SDK for Node")
    sharp.page.get_by_role("tab", name="JavaScript").click()

    ran = subprocess.run(
        ["node", "--input-type=module", "-e", sharp.sample.inner_text()],
        env={**os.environ, **key},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (ran.returncode, Event.objects.count()) == (0, 1), ran.stdout + ran.stderr


@pytest.mark.parametrize("tab", ["JSON", "cURL", "Python", "JavaScript"])
def test_no_secret_is_in_the_code(tab: str, sharp: Builder, key: dict[str, str]):
    sharp.page.get_by_role("tab", name=tab).click()

    code = sharp.sample.inner_text()

    assert [value for value in key.values() if value in code] == []
