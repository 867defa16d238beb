"""Webhooks and their keys on the pages of the admin."""

import pytest

from projects.models import Project
from tests.admin.forms import errors_of, posted
from tests.world import TESTER
from webhooks.models import Webhook
from webhooks.subscribing import Subscription, create_webhook

URL = "https://shop.example/hook"


def test_a_webhook_is_added_changed_and_deleted(project_admin, project):
    posted(
        project_admin,
        "webhooks_webhook_add",
        {"project": project.pk, "target_url": URL, "active": "on", "events": ["customer.updated", "campaign.created"]},
    )
    webhook = Webhook.objects.get()
    changed = {"target_url": f"{URL}/2", "events": ["campaign.created"]}
    posted(project_admin, "webhooks_webhook_change", changed, webhook.pk)

    assert (webhook.events, webhook.active) == (["customer.updated", "campaign.created"], True)
    webhook.refresh_from_db()
    assert (webhook.target_url, webhook.events, webhook.active) == (f"{URL}/2", ["campaign.created"], False)
    posted(project_admin, "webhooks_webhook_delete", {"post": "yes"}, webhook.pk)
    assert not Webhook.objects.exists()


def test_what_the_domain_refuses_is_told_at_its_field(project_admin, project):
    sent = {"project": project.pk, "target_url": "shop.example", "events": ["customer.created"]}

    answer = posted(project_admin, "webhooks_webhook_add", sent)

    assert errors_of(answer) == {"target_url": ["Must be an address that begins with https:// or http://"]}


@pytest.mark.parametrize(
    ("events", "spelled"), [(["campaign.vouchers.added"], ["campaign.vouchers.aded"]), (["campaign.created"], None)]
)
def test_an_api_users_spelling_stays_until_the_types_change(project_admin, project, events, spelled):
    webhook = create_webhook(project, Subscription(URL, ["campaign.vouchers.aded"]), by=TESTER)

    posted(project_admin, "webhooks_webhook_change", {"target_url": URL, "events": events}, webhook.pk)

    webhook.refresh_from_db()
    assert (webhook.events_as_sent, webhook.events, webhook.active) == (spelled, events, False)


def test_the_keys_of_webhooks_are_shown_and_replaced(project_admin, project):
    page = project_admin.get(f"/admin/projects/project/{project.pk}/signing/").content.decode()
    nothing = posted(project_admin, "projects_project_signing", {}, project.pk)
    posted(project_admin, "projects_project_signing", {"rotate_token": "on"}, project.pk)

    after = Project.objects.get(pk=project.pk)
    assert (project.webhook_token in page, project.webhook_secret in page) == (True, True)
    assert errors_of(nothing) == {"__all__": ["Choose what is to be replaced."]}
    assert (after.webhook_token != project.webhook_token, after.webhook_secret) == (True, project.webhook_secret)
