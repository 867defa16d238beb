"""What webhooks were sent, over the management API: read, and sent again."""

import pytest

from outbox.models import OutboxMessage
from projects.models import AuditEntry
from tests.webhooks.world import SAID, a_send_out, a_webhook


@pytest.fixture
def webhook(project):
    return a_webhook(project, "customer.created")


@pytest.fixture
def home(project):
    return f"/management/v1/projects/{project.public_id}"


def test_what_a_webhook_was_sent_is_listed_by_status_and_type(api, project, webhook, home):
    failed, taken = a_send_out(webhook), a_send_out(webhook, status="delivered", cause="2")
    a_send_out(a_webhook(project, "customer.created", url="https://other.example"), cause="3")
    path = f"{home}/webhooks/{webhook.public_id}/send-outs"

    def ids(**query):
        return [row["id"] for row in api.get(path, **query).body["data"]]

    assert ids() == [taken.public_id, failed.public_id]
    assert (ids(status="failed"), ids(type="customer.updated")) == ([failed.public_id], [])
    assert api.get(path, status="lost").status == 400


def test_one_is_read_with_its_attempts(api, webhook, home):
    row = a_send_out(webhook)

    body = api.get(f"{home}/send-outs/{row.public_id}").body

    assert body["source"] == {"id": webhook.public_id, "object": "webhook"}
    assert (body["body"], body["status"], body["attempts_count"]) == (SAID, "failed", 1)
    [attempt] = body["attempts"]
    assert (attempt["number"], attempt["status_code"], attempt["reply"]) == (1, 500, "<b>out of order</b>")


def test_one_is_sent_again(api, webhook, home):
    row = a_send_out(webhook)

    answer = api.post(f"{home}/send-outs/{row.public_id}/resend")

    assert (answer.status, answer.body["id"]) == (202, row.public_id)
    assert OutboxMessage.objects.filter(payload__send_out=str(row.pk), payload__by_hand=True).count() == 1
    assert AuditEntry.objects.filter(action="send_out.sent_again").count() == 1


def test_anothers_are_not_there(api, mallorys_project, home):
    row = a_send_out(a_webhook(mallorys_project, "customer.created"))

    statuses = [
        api.get(f"{home}/send-outs/{row.public_id}").status,
        api.post(f"{home}/send-outs/{row.public_id}/resend").status,
        api.get(f"{home}/webhooks/wh_x/send-outs").status,
    ]

    assert statuses == [404, 404, 404]
