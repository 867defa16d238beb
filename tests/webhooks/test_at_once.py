"""Several workers at the same moment: one attempt for a number, whatever pauses or is taken up meanwhile."""

import pytest
from django.db import transaction

from outbox.models import OutboxMessage
from projects.models import AuditEntry
from tests.factories import ProjectFactory
from tests.threads import at_once
from tests.webhooks.sent import queued
from tests.webhooks.world import a_webhook
from tests.world import NOW, TESTER
from webhooks.holding import RELEASE, hold_back, release_held
from webhooks.models import Attempt, SendOut, SendOutStatus, SourceKind
from webhooks.pausing import PAUSE, PauseSource
from webhooks.posting import Reply
from webhooks.releasing import ReleaseHeld
from webhooks.send_outs import SEND
from webhooks.sending import SendToAddress, _due
from webhooks.settling import settle
from webhooks.subscribing import Subscription, change_webhook

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN, FAILED = Reply(5, 200, "thanks"), Reply(5, 500, "it broke")
MANY = 40


@pytest.fixture
def project():
    return ProjectFactory()


@pytest.fixture
def webhook(project, receiver):
    return a_webhook(project, "customer.created", url=receiver.url("take"))


def many(project, webhook):
    with transaction.atomic():
        return queued(project, webhook, MANY)


def about_to_send(rows):
    attempts = _due(payloads(rows))
    for attempt in attempts:
        attempt.started_at = NOW
    return attempts


def payloads(rows):
    return [{"send_out": str(row.pk), "attempt": 1} for row in rows]


def numbers():
    return sorted(Attempt.objects.values_list("send_out_id", "number"))


def by_status(status):
    return SendOut.objects.filter(status=status).count()


def of_topic(topic):
    return [message.payload for message in OutboxMessage.objects.filter(topic=topic).order_by("pk")]


def settled(attempts, reply):
    settle(attempts, [reply] * len(attempts), NOW, are_apart=False)


def test_two_workers_that_sent_the_same_write_each_attempt_once(project, webhook):
    rows = many(project, webhook)
    # Both have looked before either wrote: each row is sent twice, and one of the two is on record.
    one, other = about_to_send(rows), about_to_send(rows)[::-1]

    at_once([lambda: settled(one, FAILED), lambda: settled(other, FAILED)])

    assert numbers() == sorted((row.pk, 1) for row in rows)
    assert set(SendOut.objects.values_list("status", "attempts_count", "scheduled_count")) == {("retrying", 1, 1)}
    second = [payload for payload in of_topic(SEND) if payload["attempt"] == 2]
    assert len(second) == MANY


def test_where_one_was_answered_and_the_other_not_the_record_is_one_of_them(project, webhook):
    rows = many(project, webhook)
    one, other = about_to_send(rows), about_to_send(rows)

    at_once([lambda: settled(one, TAKEN), lambda: settled(other, FAILED)])

    assert numbers() == sorted((row.pk, 1) for row in rows)
    taken = set(Attempt.objects.filter(status_code=200).values_list("send_out_id", flat=True))
    assert set(SendOut.objects.filter(status="delivered").values_list("pk", flat=True)) == taken
    assert by_status(SendOutStatus.RETRYING) == MANY - len(taken)


def test_a_message_that_two_workers_hold_is_sent_by_each_at_most_once_and_never_again(project, webhook, receiver):
    rows = many(project, webhook)
    works = [lambda order=order: SendToAddress().handle_all(payloads(order)) for order in (rows, rows[::-1])]

    at_once(works)
    arrived = [request.headers["webhook-id"] for request in receiver.arrived]
    at_once(works)

    assert {arrived.count(row.public_id) for row in rows} <= {1, 2}
    assert len(receiver.arrived) == len(arrived)
    assert numbers() == sorted((row.pk, 1) for row in rows)
    assert by_status(SendOutStatus.DELIVERED) == MANY


def test_a_pause_while_it_is_sent_neither_waits_for_ever_nor_loses_what_was_answered(project, webhook):
    rows = many(project, webhook)
    taken, failed = about_to_send(rows[::2]), about_to_send(rows[1::2])[::-1]

    def hold():
        with transaction.atomic():
            hold_back(webhook.pk, "The webhook was turned off.")

    at_once([lambda: settled(taken, TAKEN), hold, lambda: settled(failed, FAILED)])

    assert numbers() == sorted((row.pk, 1) for row in rows)
    assert by_status(SendOutStatus.DELIVERED) == MANY / 2
    # Held before its answer was written, or after: either way nothing is tried next.
    assert set(SendOut.objects.exclude(status="delivered").values_list("status", "next_at")) == {("held", None)}


def test_two_pauses_at_once_pause_it_once(project, webhook):
    many(project, webhook)
    payload = {"kind": "webhook", "source": str(webhook.pk), "why": "It is gone."}

    at_once([lambda: PauseSource().handle(payload)] * 2)

    webhook.refresh_from_db()
    assert (webhook.active, webhook.paused_why) == (False, "It is gone.")
    assert AuditEntry.objects.filter(action="webhook.paused").count() == 1
    assert by_status(SendOutStatus.HELD) == MANY


def test_two_workers_that_release_the_same_send_each_once(project, webhook, receiver, monkeypatch):
    monkeypatch.setattr("webhooks.releasing.CHUNK", 7)
    rows = many(project, webhook)
    with transaction.atomic():
        hold_back(webhook.pk, "The webhook was turned off.")
        release_held(project, SourceKind.WEBHOOK, webhook.pk, NOW)
    [release] = of_topic(RELEASE)
    before = OutboxMessage.objects.filter(topic=SEND).count()

    at_once([lambda: ReleaseHeld().handle(release)] * 2)

    assert by_status(SendOutStatus.WAITING) == MANY
    assert OutboxMessage.objects.filter(topic=SEND).count() == before + MANY
    SendToAddress().handle_all(of_topic(SEND))
    assert sorted(one.headers["webhook-id"] for one in receiver.arrived) == sorted(row.public_id for row in rows)


def test_turned_off_while_it_is_released_all_of_it_ends_up_held_or_under_way_but_never_both(
    project, webhook, monkeypatch
):
    monkeypatch.setattr("webhooks.releasing.CHUNK", 3)
    many(project, webhook)
    with transaction.atomic():
        hold_back(webhook.pk, "The webhook was turned off.")
        release_held(project, SourceKind.WEBHOOK, webhook.pk, NOW)
    [release] = of_topic(RELEASE)
    off = Subscription(webhook.target_url, webhook.events, False)

    at_once([lambda: ReleaseHeld().handle(release), lambda: change_webhook(webhook, off, by=TESTER, now=NOW)])
    with transaction.atomic():
        hold_back(webhook.pk, "The webhook was turned off.")

    assert by_status(SendOutStatus.HELD) == MANY
    assert of_topic(PAUSE) == []
    assert numbers() == []
