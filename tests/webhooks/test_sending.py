"""Sending to a receiver that fails, hangs, redirects, answers 410 or dies: what it gets, and what the log says."""

import re
from datetime import timedelta

import pytest
from django.db import transaction

from outbox.models import OutboxMessage
from projects.models import AuditEntry
from tests.processes import wait_for
from tests.threads import at_once
from tests.webhooks.receiver import receiving
from tests.webhooks.sent import a_send_out, attempts_of, queued, run, waiting, work
from tests.webhooks.world import a_webhook
from tests.world import NOW, TESTER
from webhooks import posting, slowness
from webhooks.models import Attempt, SendOut, SendOutStatus, SlowSource, Webhook
from webhooks.pausing import PAUSE
from webhooks.resending import resend
from webhooks.send_outs import SEND, SEND_SLOWLY
from webhooks.sending import SendToAddress
from webhooks.subscribing import Subscription, change_webhook, delete_webhook

MINUTES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_440)


def later(**parts):
    return NOW + timedelta(**parts)


def switched(webhook, active):
    wanted = Subscription(webhook.target_url, webhook.events, active)
    return change_webhook(webhook, wanted, by=TESTER, now=NOW)


def test_what_is_taken_is_sent_once_and_logged(project, receiver):
    send_out = a_send_out(project, receiver.url("take"), headers={"x-shop": "one", "Host": "evil", "webhook-id": "x"})

    work(NOW)

    [arrived] = receiver.arrived
    send_out.refresh_from_db()
    assert (
        arrived.body == send_out.body.encode() == f'{{"id":"{send_out.public_id}","data":{{"name":"Zoë"}}}}'.encode()
    )
    assert arrived.headers["content-type"] == "application/json"
    assert arrived.headers["x-shop"] == "one"
    assert arrived.headers["host"] == f"127.0.0.1:{receiver.server_port}"
    assert arrived.headers["webhook-id"] == send_out.public_id
    assert (send_out.status, send_out.next_at, send_out.ended_at) == (SendOutStatus.DELIVERED, None, NOW)
    [attempt] = attempts_of(send_out)
    assert (attempt.number, attempt.status_code, attempt.reply, attempt.error) == (1, 200, "thanks", "")
    assert attempt.started_at == NOW
    assert attempt.took_ms < 3_000
    assert attempt.request_headers.items() <= arrived.headers.items()
    assert waiting() == []


@pytest.mark.parametrize("status", ["201", "202", "204", "206", "299"])
def test_any_2xx_counts_as_taken(project, receiver, status):
    send_out = a_send_out(project, receiver.url(status))
    work(NOW)
    send_out.refresh_from_db()
    assert send_out.status == SendOutStatus.DELIVERED


@pytest.mark.parametrize("status", ["300", "301", "304", "307", "400", "401", "404", "409", "500", "502", "504"])
def test_anything_else_is_tried_again(project, receiver, status):
    send_out = a_send_out(project, receiver.url(status))
    work(NOW)
    send_out.refresh_from_db()
    assert (send_out.status, send_out.next_at) == (SendOutStatus.RETRYING, later(minutes=1))
    assert attempts_of(send_out)[0].status_code == int(status)


def test_twelve_retries_over_24_hours_exactly_and_then_the_webhook_is_paused(project, receiver):
    send_out = a_send_out(project, receiver.url("fail"))
    sent_at = []

    while due := [message.available_at for message in waiting()]:
        assert work(due[0] - timedelta(seconds=1)) == 0
        work(due[0])
        sent_at.append(due[0])

    assert sent_at == [NOW, *(later(minutes=minutes) for minutes in MINUTES)]
    log = attempts_of(send_out)
    assert [attempt.started_at for attempt in log] == sent_at
    assert [attempt.number for attempt in log] == list(range(1, 14))
    assert {(attempt.status_code, attempt.reply) for attempt in log} == {(500, "it broke�")}
    assert {arrived.headers["webhook-id"] for arrived in receiver.arrived} == {send_out.public_id}
    assert {arrived.body for arrived in receiver.arrived} == {send_out.body.encode()}
    stamps = [int(arrived.headers["webhook-timestamp"]) for arrived in receiver.arrived]
    assert stamps == [int(at.timestamp()) for at in sent_at]
    send_out.refresh_from_db()
    assert (send_out.status, send_out.ended_at) == (SendOutStatus.FAILED, sent_at[-1])
    assert send_out.reason == "It was not taken at 13 attempts over 24 hours."
    assert run(PAUSE) == 1
    webhook = Webhook.objects.get()
    assert (webhook.active, webhook.paused_why) == (False, send_out.reason)
    assert webhook.paused_at is not None
    assert AuditEntry.objects.get(action="webhook.paused").after == {"why": send_out.reason}


def test_what_waits_behind_a_paused_webhook_is_held_back_and_sent_once_it_is_turned_on(project, receiver):
    webhook = a_webhook(project, "customer.created", url=receiver.url("fail"))
    [first] = queued(project, webhook)
    SendOut.objects.filter(pk=first.pk).update(first_attempt_at=NOW, scheduled_count=12, attempts_count=12)
    OutboxMessage.objects.update(payload={"send_out": str(first.pk), "attempt": 13})
    work(NOW)
    tried, fresh = *queued(project, webhook), *queued(project, webhook, now=later(days=1))
    work(NOW)
    run(PAUSE)

    for row in (tried, fresh):
        row.refresh_from_db()
    assert [(row.status, row.next_at, row.ended_at) for row in (tried, fresh)] == [
        (SendOutStatus.HELD, None, None)
    ] * 2
    receiver.arrived.clear()
    work(later(days=2))
    assert receiver.arrived == []

    receiver.manners["fail"] = "take"
    webhook = change_webhook(
        webhook, Subscription(webhook.target_url, webhook.events, True), by=TESTER, now=later(days=2)
    )
    run("webhook.release")
    assert (webhook.paused_at, webhook.paused_why) == (None, "")
    assert not SendOut.objects.filter(status=SendOutStatus.HELD).exists()
    OutboxMessage.objects.filter(done_at=None).update(available_at=later(days=2))
    work(later(days=2))

    assert {arrived.headers["webhook-id"] for arrived in receiver.arrived} == {tried.public_id, fresh.public_id}
    assert SendOut.objects.filter(status=SendOutStatus.DELIVERED).count() == 2


def test_a_webhook_that_is_turned_off_holds_back_and_one_that_is_deleted_gives_up(project, receiver):
    webhook = a_webhook(project, "customer.created", url=receiver.url("take"))
    [send_out] = queued(project, webhook)

    webhook = switched(webhook, False)
    work(later(minutes=1))
    send_out.refresh_from_db()
    assert (send_out.status, send_out.reason) == (SendOutStatus.HELD, "The webhook was turned off.")

    delete_webhook(webhook, by=TESTER, now=NOW)
    send_out.refresh_from_db()
    assert (send_out.status, send_out.reason) == (SendOutStatus.FAILED, "The webhook was deleted.")
    assert receiver.arrived == []


def test_410_gives_up_and_pauses_at_once(project, receiver):
    send_out = a_send_out(project, receiver.url("410"))
    work(NOW)
    run(PAUSE)
    send_out.refresh_from_db()
    assert (send_out.status, waiting()) == (SendOutStatus.FAILED, [])
    assert Webhook.objects.get().paused_why == send_out.reason == "The receiver answered 410: it is gone for good."


@pytest.mark.parametrize("status", ["429", "503"])
@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("120", 120), ("5", 60), ("0", 60), ("999999999999999999", 3_600), ("-5", 60), ("soon", 60)],
)
def test_retry_after_makes_the_next_attempt_later_never_earlier(project, receiver, status, asked, seconds):
    receiver.headers["Retry-After"] = asked
    send_out = a_send_out(project, receiver.url(status))
    work(NOW)
    send_out.refresh_from_db()
    assert send_out.next_at == later(seconds=seconds)


def test_retry_after_of_another_answer_counts_for_nothing(project, receiver):
    receiver.headers["Retry-After"] = "1800"
    send_out = a_send_out(project, receiver.url("500"))
    work(NOW)
    send_out.refresh_from_db()
    assert send_out.next_at == later(minutes=1)


@pytest.mark.parametrize("to", ["", "http://169.254.169.254/latest/meta-data", "http://127.0.0.1:22/"])
def test_redirects_are_not_followed(project, receiver, to):
    send_out = a_send_out(project, receiver.url("redirect", to and f"?{to}"))
    work(NOW)
    assert len(receiver.arrived) == 1
    [attempt] = attempts_of(send_out)
    assert attempt.status_code == 302


@pytest.mark.parametrize("manner", ["hang", "drip", "endless-headers"])
def test_a_receiver_that_takes_too_long_took_nothing(project, receiver, manner, monkeypatch):
    monkeypatch.setattr(posting, "SECONDS", 0.5)
    send_out = a_send_out(project, receiver.url(manner))

    work(NOW)

    [attempt] = attempts_of(send_out)
    assert (attempt.status_code, attempt.reply) == (None, "")
    # Endless headers may be too many before they take too long.
    assert attempt.error
    assert attempt.took_ms < 3_000
    send_out.refresh_from_db()
    assert send_out.status == SendOutStatus.RETRYING


def test_a_connection_that_is_closed_is_tried_again(project, receiver):
    send_out = a_send_out(project, receiver.url("close"))
    work(NOW)
    [attempt] = attempts_of(send_out)
    assert (attempt.status_code, attempt.error) == (None, "The connection was closed before an answer came")


def test_what_is_no_http_is_tried_again(project, receiver):
    send_out = a_send_out(project, receiver.url("garbage"))
    work(NOW)
    [attempt] = attempts_of(send_out)
    assert attempt.status_code is None
    assert attempt.error


def test_a_dead_receiver_is_tried_again(project, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as receiver:
        send_out = a_send_out(project, receiver.url("take"))
    work(NOW)
    [attempt] = attempts_of(send_out)
    assert attempt.status_code is None
    assert attempt.error.startswith("No connection: ")
    send_out.refresh_from_db()
    assert send_out.next_at == later(minutes=1)


def test_of_a_huge_answer_only_the_beginning_is_read(project, receiver):
    send_out = a_send_out(project, receiver.url("huge"))
    work(NOW)
    [attempt] = attempts_of(send_out)
    assert (attempt.status_code, attempt.reply) == (200, "x" * posting.KEPT_CHARACTERS)
    assert attempt.took_ms < 3_000


def test_a_packed_answer_is_not_unpacked(project, receiver):
    send_out = a_send_out(project, receiver.url("bomb"))
    work(NOW)
    [attempt] = attempts_of(send_out)
    assert attempt.status_code == 200
    assert re.fullmatch(r"\(\d+ bytes packed by gzip\)", attempt.reply)


def test_sending_again_takes_the_same_id_and_body_and_leaves_the_schedule_alone(project, receiver):
    send_out = a_send_out(project, receiver.url("fail"))
    work(NOW)

    assert resend([send_out], by=TESTER, now=later(seconds=30)) == [send_out]
    work(later(seconds=30))

    send_out.refresh_from_db()
    assert (send_out.status, send_out.next_at, send_out.scheduled_count) == ("retrying", later(minutes=1), 1)
    assert [(each.number, each.by_hand) for each in attempts_of(send_out)] == [(1, False), (2, True)]
    one, two = receiver.arrived
    assert (one.body, one.headers["webhook-id"]) == (two.body, two.headers["webhook-id"])
    assert int(two.headers["webhook-timestamp"]) - int(one.headers["webhook-timestamp"]) == 30
    assert one.headers["webhook-signature"] != two.headers["webhook-signature"]
    while due := waiting():
        work(due[0].available_at)
    assert [each.started_at for each in attempts_of(send_out) if not each.by_hand] == [
        NOW,
        *(later(minutes=minutes) for minutes in MINUTES),
    ]


def test_one_that_was_given_up_can_be_sent_again_and_is_delivered_then(project, receiver):
    send_out = a_send_out(project, receiver.url("410"))
    work(NOW)
    receiver.manners["410"] = "take"
    resend([send_out], by=TESTER, now=later(days=3))
    work(later(days=3))
    send_out.refresh_from_db()
    assert (send_out.status, send_out.ended_at, send_out.reason) == (SendOutStatus.DELIVERED, later(days=3), "")


def test_one_that_was_delivered_stays_so_whatever_comes_of_sending_it_again(project, receiver):
    send_out = a_send_out(project, receiver.url("take"))
    work(NOW)
    receiver.manners["take"] = "fail"
    resend([send_out], by=TESTER, now=later(days=3))
    work(later(days=3))
    send_out.refresh_from_db()
    assert (send_out.status, send_out.ended_at, waiting()) == (SendOutStatus.DELIVERED, NOW, [])
    assert [each.status_code for each in attempts_of(send_out)] == [200, 500]


def test_a_message_that_is_handled_twice_posts_once(project, receiver):
    a_send_out(project, receiver.url("take"))
    [message] = waiting()
    for _ in range(2):
        SendToAddress(lambda: NOW).handle(message.payload)
    SendToAddress(lambda: NOW).handle_all([message.payload, message.payload])
    assert len(receiver.arrived) == 1


def test_after_a_crash_between_sending_and_writing_the_same_is_sent_under_the_same_id(project, receiver, monkeypatch):
    send_out = a_send_out(project, receiver.url("take"))
    [message] = waiting()

    def crash(*arguments, **options):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("webhooks.sending.settle", crash)
        with pytest.raises(MemoryError):
            SendToAddress(lambda: NOW).handle(message.payload)
    assert attempts_of(send_out) == []
    work(later(minutes=5))

    assert [each.headers["webhook-id"] for each in receiver.arrived] == [send_out.public_id] * 2
    assert receiver.arrived[0].body == receiver.arrived[1].body
    assert len(attempts_of(send_out)) == 1


def test_a_hanging_receiver_costs_others_one_batch_and_then_waits_apart(project, receiver, monkeypatch):
    monkeypatch.setattr(posting, "SECONDS", 0.5)
    monkeypatch.setattr(slowness, "SLOW_MS", 400)
    slow = a_webhook(project, "customer.created", url=receiver.url("hang"))
    quick = a_webhook(project, "customer.created", url=receiver.url("take"))
    queued(project, slow)
    work(NOW, [SEND])
    assert SlowSource.objects.get().pk == slow.pk
    assert [message.available_at for message in waiting(SEND_SLOWLY)] == [later(minutes=1)]

    queued(project, slow, 20)
    queued(project, quick, 5)
    work(NOW, [SEND])

    assert len(receiver.at("take")) == 5
    assert len(receiver.at("hang")) == 1
    assert len(waiting(SEND_SLOWLY)) == 21

    receiver.manners["hang"] = "take"
    work(NOW, [SEND_SLOWLY])
    assert len(receiver.at("hang")) == 21
    assert not SlowSource.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_one_receiver_hangs_what_others_of_the_batch_took_is_written_down(project, receiver, monkeypatch):
    monkeypatch.setattr(slowness, "SLOW_MS", 400)
    hanging = a_webhook(project, "customer.created", url=receiver.url("hang"))
    with transaction.atomic():
        queued(project, hanging)
        queued(project, a_webhook(project, "customer.created", url=receiver.url("take")), 20)
    seen = []

    def look():
        wait_for(SlowSource.objects.exists)
        seen.append(sorted(SendOut.objects.values_list("status", flat=True)))
        with transaction.atomic():
            [another] = queued(project, hanging)
        SendToAddress(lambda: NOW).handle({"send_out": str(another.pk), "attempt": 1})  # handed over at once
        seen.append(len(receiver.at("hang")))
        receiver.is_over.set()

    at_once([lambda: work(NOW, [SEND]), look])

    assert seen == [["delivered"] * 20 + ["waiting"], 1]
    left = SendOut.objects.exclude(status="delivered").order_by("pk")
    assert list(left.values_list("status", "attempts_count")) == [("retrying", 1), ("waiting", 0)]
    assert [message.payload["attempt"] for message in waiting(SEND_SLOWLY)] == [1, 2]


@pytest.mark.parametrize("count", [1, 50])
def test_what_hangs_costs_a_second_round_of_statements(
    project, receiver, monkeypatch, count, django_assert_num_queries
):
    monkeypatch.setattr(posting, "SECONDS", 1.0)
    monkeypatch.setattr(slowness, "SLOW_MS", 500)
    for manner in ("take", "hang"):
        queued(project, a_webhook(project, "customer.created", url=receiver.url(manner)), count)
    payloads = [message.payload for message in waiting()]

    # The mark; then BEGIN, the rows locked, the attempts, the change, the retries, the mark again, COMMIT.
    with django_assert_num_queries(STATEMENTS + 1 + 7):
        SendToAddress(lambda: NOW).handle_all(payloads)

    assert Attempt.objects.count() == 2 * count


def test_a_slow_receiver_is_slow_for_itself_alone(project, mallorys_project, receiver, monkeypatch):
    monkeypatch.setattr(posting, "SECONDS", 0.5)
    monkeypatch.setattr(slowness, "SLOW_MS", 400)
    a_send_out(project, receiver.url("hang"))
    theirs = a_send_out(mallorys_project, receiver.url("take"))
    work(NOW)
    queued(mallorys_project, Webhook.objects.get(project=mallorys_project))
    work(NOW)
    assert len(receiver.at("take")) == 2
    theirs.refresh_from_db()
    assert theirs.project == mallorys_project
    assert set(Attempt.objects.filter(project=mallorys_project).values_list("status_code", flat=True)) == {200}


def test_a_project_gets_its_own_alone_and_signed_by_its_own_token(project, mallorys_project, receiver):
    ours = a_send_out(project, receiver.url("take", "/ours"))
    theirs = a_send_out(mallorys_project, receiver.url("410", "/theirs"))
    work(NOW)
    run(PAUSE)
    assert [each.headers["webhook-id"] for each in receiver.at("take")] == [ours.public_id]
    assert [each.headers["webhook-id"] for each in receiver.at("410")] == [theirs.public_id]
    assert Webhook.objects.get(project=project).active
    assert not Webhook.objects.get(project=mallorys_project).active
    signatures = {each.headers["x-voucherify-signature"] for each in receiver.arrived}
    assert len(signatures) == 2


# The send-outs, which sources are slow, BEGIN, the rows again and locked, the attempts, the change, COMMIT.
STATEMENTS = 7


@pytest.mark.parametrize("count", [1, 50])
def test_a_batch_takes_the_same_statements_however_many_it_holds(project, receiver, count, django_assert_num_queries):
    queued(project, a_webhook(project, "customer.created", url=receiver.url("take")), count)
    payloads = [message.payload for message in waiting()]
    with django_assert_num_queries(STATEMENTS) as asked:
        SendToAddress(lambda: NOW).handle_all(payloads)
    assert len(receiver.arrived) == count, asked


@pytest.mark.parametrize("count", [1, 50])
def test_a_batch_that_fails_takes_one_more(project, receiver, count, django_assert_num_queries):
    queued(project, a_webhook(project, "customer.created", url=receiver.url("fail")), count)
    payloads = [message.payload for message in waiting()]
    with django_assert_num_queries(STATEMENTS + 1):
        SendToAddress(lambda: NOW).handle_all(payloads)
    assert len(waiting()) == count * 2
