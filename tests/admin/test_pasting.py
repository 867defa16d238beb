"""What the server proposes for a pasted sample, and to whom."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.spec import PropertySpec
from projects.models import Project, Role
from tests.admin.people import a_member, signed_in
from tests.hostile_texts import HOSTILE_TEXTS
from tests.world import NOW, TESTER

URL = "admin:eventschema_eventdefinition_propose"


def proposed(client: Client, text: str | bytes, project: Project | None = None) -> Any:
    query = f"?project={project.pk}" if project else ""
    return client.post(reverse(URL) + query, text, "text/plain")


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.MARKETER, 200), (Role.ADMIN, 200)])
def test_those_who_may_define_events_may_paste(role: Role, status: int, project: Project):
    assert proposed(signed_in(a_member(project, role)), '{"a": 1}').status_code == status


def test_nothing_is_read_by_get_or_told_to_strangers(marketer: Client):
    assert marketer.get(reverse(URL)).status_code == 405
    assert Client().post(reverse(URL), "{}", "text/plain").status_code == 302


def test_a_property_is_told_as_a_card_says_it(marketer: Client):
    answer = proposed(marketer, '{"event": "paid", "metadata": {"amounts": [1.50]}}').json()

    assert (answer["event"], answer["notes"]) == ("paid", [])
    assert answer["properties"] == [
        {
            "name": "amounts",
            "type": "number",
            "required": False,
            "array": True,
            "personal": False,
            "description": "",
            "eq": [],
            "ne": [],
            "aliases": [],
            "example": "[1.5]",
        }
    ]


def test_an_object_refers_to_the_nested_schema_of_its_own_project(
    marketer: Client, project: Project, mallorys_project: Project
):
    for owner, name in ((project, "address"), (mallorys_project, "hers")):
        save_nested_schema(
            MetadataSchema(project=owner, related_object=name), [PropertySpec("city", "string")], by=TESTER, now=NOW
        )
    sample = '{"place": {"city": "Köln"}}'

    own = proposed(marketer, sample, project).json()["properties"]
    others = proposed(marketer, sample, mallorys_project).json()["properties"]

    assert ([item.get("object_type") for item in own], [item.get("object_type") for item in others]) == (
        ["address"],
        [None],
    )


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"\x00",
        b"null",
        b"[]",
        b"[[]]",
        b"NaN",
        b'{"a": 1e999}',
        b'{"a": 99999999999999999999}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
        b'{"a": 1}\n{"a": NaN}',
        b"[" * 100_000,
        json.dumps({"a": "x" * 300_000}).encode(),
    ],
)
def test_whatever_is_pasted_there_is_a_sentence_and_no_error(text: bytes, marketer: Client):
    answer = proposed(marketer, text)

    assert (answer.status_code, list(answer.json())) == (200, ["problem"])


def test_hostile_names_and_values_come_back_as_data(marketer: Client):
    answer = proposed(marketer, json.dumps(dict(zip(HOSTILE_TEXTS, HOSTILE_TEXTS, strict=True))))

    assert answer.headers["Content-Type"] == "application/json"
    assert {item["name"] for item in answer.json()["properties"]} < set(HOSTILE_TEXTS)
