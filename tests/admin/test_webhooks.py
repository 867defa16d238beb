"""Webhooks and their keys on the pages of the admin."""

import pytest

from common.jsons import parse
from outbox.models import OutboxMessage
from projects.models import Project
from tests.admin.forms import errors_of, messages_of, posted
from tests.webhooks.world import a_send_out
from tests.world import NOW, TESTER, a_definition, accept, an_event
from webhooks.models import SendOut, Webhook
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


def test_a_paused_webhook_says_why_and_is_enabled(project_admin, project):
    webhook = create_webhook(project, Subscription(URL, ["customer.created"], active=False), by=TESTER)
    Webhook.objects.filter(pk=webhook.pk).update(paused_at=NOW, paused_why="It was gone for good.")
    listed = project_admin.get("/admin/webhooks/webhook/").content.decode()
    page = project_admin.get(f"/admin/webhooks/webhook/{webhook.pk}/change/")
    posted(project_admin, "webhooks_webhook_enable", {}, webhook.pk)

    assert ("It was gone for good." in listed, page.context["boon_panels"][0].title) == (True, "Needs you")
    assert [link.text for link in page.context["boon_links"]] == ["Send a test", "Enable", "All its deliveries"]
    webhook.refresh_from_db()
    assert (webhook.active, webhook.paused_at, webhook.paused_why) == (True, None, "")


def test_a_test_says_what_a_real_event_would_have_been_sent(project_admin, project):
    a_definition(project, "bought")
    event = accept(project, an_event("bought", by="ann"))[0].event
    webhook = create_webhook(project, Subscription(URL, ["customer.created"]), by=TESTER)
    SendOut.objects.all().delete()
    posted(project_admin, "webhooks_webhook_test", {"event": event.pk}, webhook.pk)

    [made] = SendOut.objects.all()
    assert (made.is_test, made.type, made.source_id) == (True, "customer.custom_event", webhook.pk)
    assert parse(made.body.encode())["data"]["event"]["id"] == event.public_id
    assert OutboxMessage.objects.filter(topic="webhook.send", payload__send_out=str(made.pk)).count() == 1
    page = project_admin.get(f"/admin/webhooks/sendout/{made.pk}/change/")
    assert [link.text for link in page.context["boon_links"]][-1] == "The event behind it"


def test_anothers_event_is_no_test(project_admin, project, mallorys):
    webhook = create_webhook(project, Subscription(URL, ["customer.created"]), by=TESTER)
    answer = posted(project_admin, "webhooks_webhook_test", {"event": mallorys.rows["events_event"].pk}, webhook.pk)

    assert list(errors_of(answer)) == ["event"]


@pytest.fixture
def failed(project):
    return a_send_out(create_webhook(project, Subscription(URL, ["customer.created"]), by=TESTER))


def test_a_send_out_shows_its_body_attempts_and_headers(viewer, failed):
    html = viewer.get(f"/admin/webhooks/sendout/{failed.pk}/change/").content.decode()

    wanted = ["hello", "Given up", "12 ms", "500", "&lt;b&gt;out of order", "webhook-id", failed.public_id]
    assert [word for word in wanted if word not in html] == []


@pytest.mark.parametrize("narrowed", ["id", "webhook", "address", "status", "type"])
def test_the_log_is_searched_and_filtered(viewer, project, failed, narrowed):
    other = create_webhook(project, Subscription("https://other.example", ["customer.created"]), by=TESTER)
    SendOut.objects.filter(pk=a_send_out(other, status="retrying", cause="2").pk).update(type="customer.updated")
    queries = {
        "id": {"q": failed.public_id},
        "webhook": {"q": Webhook.objects.get(target_url=URL).public_id},
        "address": {"q": "shop.example"},
        "status": {"status__exact": "failed"},
        "type": {"type": "customer.created"},
    }

    answer = viewer.get("/admin/webhooks/sendout/", queries[narrowed])

    assert list(answer.context["cl"].result_list) == [failed]


def test_a_marketer_sends_one_or_the_chosen_again(marketer, viewer, failed):
    by_hand = OutboxMessage.objects.filter(topic="webhook.send", payload__by_hand=True)
    refused = posted(viewer, "webhooks_sendout_resend", {}, failed.pk)
    posted(marketer, "webhooks_sendout_resend", {}, failed.pk)
    once = by_hand.count()
    chosen = {"action": "send_again", "_selected_action": [failed.pk], "confirmed": "yes"}
    posted(marketer, "webhooks_sendout_changelist", chosen)

    assert (refused.status_code, once, by_hand.count()) == (403, 1, 2)


def test_what_was_erased_is_not_sent_again(marketer, failed):
    SendOut.objects.filter(pk=failed.pk).update(body="")
    page = marketer.get(f"/admin/webhooks/sendout/{failed.pk}/change/")
    posted(marketer, "webhooks_sendout_changelist", {"action": "send_again", "_selected_action": [failed.pk]})

    assert "Send again" not in [link.text for link in page.context["boon_links"]]
    assert messages_of(marketer) == ["None of these is yours to send again."]
