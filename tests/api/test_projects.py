"""The project of a management key, its switches, and the keys that webhooks are signed with."""

import pytest

from projects.models import AuditEntry, Project
from tests.api.caller import api_of


@pytest.fixture
def path(project):
    return f"/management/v1/projects/{project.public_id}"


def test_what_is_sent_is_changed_and_answered_under_both_names(api, path):
    sent = {"name": "Kiosk", "description": "By the station", "currency": "EUR", "timezone": "Europe/Berlin"}

    changed = api.put(path, sent | {"client_publish_enabled": True}).body

    assert {name: changed[name] for name in sent} == sent
    assert (changed["time_zone"], changed["client_publish_enabled"]) == ("Europe/Berlin", True)
    assert (changed["client_trusted_domains"], changed["api_version"]) == (["*"], "v2018-08-01")
    assert (changed["webhook_version"], changed["is_sandbox"]) == ("v2024-01-01", False)
    assert api.get(path).body == changed


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"timezone": "Europe/Berlin", "time_zone": "UTC"}, ["time_zone"]),
        ({"timezone": "Mars/Crater"}, ["time_zone"]),
        ({"currency": "eur"}, ["currency"]),
        ({"currency": "EU\n"}, ["currency"]),
        ({"webhook_version": "v1"}, ["webhook_version"]),
        ({"client_trusted_domains": ["shop.example"]}, ["client_trusted_domains"]),
        ({"default_code_config": {"charset": "ABC"}}, ["default_code_config"]),
        ({"rotate_webhook_token": "yes"}, ["rotate_webhook_token"]),
    ],
)
def test_what_cannot_be_is_refused(api, project, path, body, paths):
    answer = api.put(path, {"name": "Kiosk"} | body)

    assert (answer.status, answer.paths, Project.objects.get(pk=project.pk).name) == (400, paths, "Shop")


def test_keys_of_webhooks_are_readable_each_projects_own_and_rotated_one_by_one(api, path, mallorys_project):
    before = api.get(path).body
    others = api_of(mallorys_project).get("/management/v1/projects").body["data"][0]
    rotated = api.put(path, {"rotate_webhook_token": True, "webhook_token": "mine", "name": "Kiosk"}).body
    both = api.put(path, {"rotate_webhook_token": True, "rotate_webhook_secret": True}).body

    assert before["webhook_secret"].startswith("whsec_")
    tokens = [answer["webhook_token"] for answer in (before, others, rotated, both)]
    assert (len(set(tokens)), "mine" in tokens) == (4, False)
    assert before["webhook_secret"] == rotated["webhook_secret"] != both["webhook_secret"] != others["webhook_secret"]
    told = [entry for entry in AuditEntry.objects.order_by("id") if "rotated" in entry.action]
    assert [(entry.action, entry.before, entry.after) for entry in told] == [
        ("project.webhook_token_rotated", None, None),
        ("project.webhook_token_rotated", None, None),
        ("project.webhook_secret_rotated", None, None),
    ]


def test_a_key_makes_and_deletes_no_project(api, path):
    made, deleted = api.post("/management/v1/projects", {"name": "Another"}), api.delete(path)

    assert (made.status, made.key, deleted.status, deleted.key) == (403, "forbidden", 403, "forbidden")
    assert "create_project" in made.body["details"]
    assert Project.objects.count() == 1
