"""Every operation's answer: the contract's fields, our own document's schema, and an example of it there.

RECORD_EXAMPLES=1 writes api/examples.json anew, from the requests and answers of these calls.
"""

import json
import os
import re
from collections import Counter
from typing import Any

import pytest
from jsonschema_rs import validator_for

from api.schema import EXAMPLES, Generator
from common.jsons import dumps
from tests.api.bodies import BODIES, FORMS, address
from tests.api.caller import Form
from tests.api.contract import OPERATIONS, missing
from tests.api.routes import routes
from tests.api.shop import MARK

ID = re.compile(r"\b(?P<kind>[a-z]+)_[0-9A-Za-z]{22}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z")
SECRET = re.compile(r'("(?:access_token|webhook_token|webhook_secret)": ?)"[^"]*"')
SECONDS = re.compile(r'("(?:expires_at|iat|exp)": ?)[0-9]+')
REQUEST = re.compile(r"\bv-[0-9a-f]{18}\b")
# A management key belongs to one project, and makes no other.
ALWAYS_REFUSED = {"POST /management/v1/projects"}


@pytest.fixture
def called(api, shop, undone):
    """By operation, as the document names it: what was sent, and what was answered. Each is undone again."""
    return {
        f"{method} /{route}".replace("<", "{").replace(">", "}"): call(api, shop, undone, method, route)
        for method, route in sorted(set(routes()))
    }


def call(api, shop, undone, method, route):
    made = (BODIES | FORMS).get((method, route))
    body = made(shop) if made else None
    return body, undone(lambda: api.call(method, address(shop, method, route), body))


@pytest.fixture(scope="module")
def document():
    return Generator().get_schema(public=True)


def test_every_answer_has_every_field_of_the_contract(called):
    lacking = {name: missing(name, called[name][1].body) for name in OPERATIONS if name in called}

    assert {name: fields for name, fields in lacking.items() if fields} == {}


def test_every_operation_has_an_example_that_is_as_its_schemas_say(called, document):
    if os.environ.get("RECORD_EXAMPLES"):
        record(called)
    examples = json.loads(EXAMPLES.read_text())

    assert sorted(examples) == sorted(called)
    assert {name: found for name in called if (found := wrong(name, examples[name], document))} == {}


def wrong(name: str, example: Any, document: Any) -> list[str]:
    """What an example lacks, or has that its schema does not allow."""
    method, path = name.split(" ")
    operation = document["paths"][path][method.lower()]
    success = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    pairs = [("request", operation.get("requestBody", {})), ("answer", success)]
    return [
        f"{part}: {error.message}"
        for part, described in pairs
        if "application/json" in described.get("content", {}) and name not in ALWAYS_REFUSED
        for error in errors_of(example.get(part), described["content"]["application/json"]["schema"], document)
    ]


def errors_of(value: Any, schema: Any, document: Any) -> Any:
    whole = {**schema, "components": document["components"]}
    return validator_for(whole).iter_errors(value)


def record(called: Any) -> None:
    examples = {}
    for name, (body, answer) in called.items():
        sent = None if isinstance(body, Form) else body
        parts = {"request": sent, "answer": answer.body if answer.status < 400 else None}
        examples[name] = {part: value for part, value in parts.items() if value is not None}
    EXAMPLES.write_text(json.dumps(json.loads(steady(dumps(examples))), indent=1, ensure_ascii=False) + "\n")


def steady(text: str) -> str:
    """The same ids and times in every recording, and no name that only tests need."""
    numbers: Counter[str] = Counter()
    known: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        kind = found["kind"]
        if found[0] not in known:
            numbers[kind] += 1
            known[found[0]] = f"{kind}_{numbers[kind]:022d}"
        return known[found[0]]

    text = SECONDS.sub(r"\g<1>1795347900", SECRET.sub(r'\g<1>"…"', text))
    text = TIME.sub("2026-11-22T10:00:00.000Z", ID.sub(numbered, text))
    return REQUEST.sub("v-0f6a1b2c3d4e5f6a7b", text).replace(MARK, "acme")
