"""E-mail by a real SMTP server, and ending it with one click."""

import socket
import threading
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
from django.core import mail, signing
from django.db import transaction
from django.test import Client

from campaigns.vouchers import add_code
from common.ids import uuid7
from common.refusals import Refusal
from customers.models import Customer
from distributions.checking import DistributionFields
from distributions.creation import change_distribution
from distributions.mailing import SendMail
from distributions.models import Delivery, EmailOptOut
from distributions.resending import resend_delivery
from distributions.unsubscribing import unsubscribe_url
from outbox.models import OutboxMessage
from tests.distributions.world import HOOK, MAIL, a_distribution, deliver_due
from tests.world import NOW, TESTER, a_coupon_campaign, a_definition, accept, an_event

MULTIPART = "multipart/form-data; boundary=x"
ANN = {"source_id": "ann", "name": "Ann <b>", "email": "ann@shop.example"}


class Receiver:
    """Speaks as much SMTP as a client needs; `refuses` answers the next so many messages with 451."""

    def __init__(self):
        self.messages, self.refuses = [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                self._talk(connection, lines)

    def _talk(self, connection, lines):
        connection.sendall(b"220 here\r\n")
        for line in lines:
            word = line[:4].upper()
            if word == b"DATA":
                connection.sendall(b"354 go on\r\n")
                connection.sendall(self._take(lines))
            elif word == b"QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                connection.sendall(b"250 yes\r\n")

    def _take(self, lines):
        text = b"".join(iter(lambda: next(lines), b".\r\n"))
        if self.refuses:
            self.refuses -= 1
            return b"451 later\r\n"
        self.messages.append(message_from_bytes(text, policy=policy.default))
        return b"250 taken\r\n"


@pytest.fixture
def receiver(settings):
    server = Receiver()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.PUBLIC_URL = "https://boon.example"
    yield server
    server.listener.close()


@pytest.fixture
def cart(project):
    return a_definition(project, "cart_abandoned", {"amount": {"type": "number", "optional": True}})


def abandon(project, person=ANN):
    return accept(project, {**an_event("cart_abandoned", metadata={"amount": 5}), "customer": person})[0]


def open_mails():
    return list(OutboxMessage.objects.filter(topic="distribution.email").order_by("id"))


def send_mails():
    for message in open_mails():
        SendMail().handle(message.payload)


def test_a_mail_has_the_code_and_a_link_to_unsubscribe(project, cart, receiver):
    campaign = a_coupon_campaign(project)
    add_code(campaign, "C-1", by=TESTER)
    a_distribution(project, definition=cart, campaign=campaign, channels=[MAIL])
    abandon(project)
    deliver_due(project)

    send_mails()
    send_mails()  # the message is handled again after a crash

    (got,) = receiver.messages
    delivery = Delivery.objects.get()
    assert (got["To"], got["Subject"]) == ("ann@shop.example", "Your cart_abandoned")
    assert got["Message-ID"] == f"<{delivery.public_id}.0@boon.example>"
    assert "Dear Ann <b>, take C-1" in got.get_content()
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert got["List-Unsubscribe"].strip() == f"<{unsubscribe_url(delivery.customer)}>"
    assert delivery.outcomes[0]["sent_at"] is not None


def test_what_the_server_refuses_for_now_is_sent_later_under_the_same_id(project, cart, receiver):
    a_distribution(project, definition=cart, channels=[MAIL])
    abandon(project)
    deliver_due(project)
    receiver.refuses = 1

    with pytest.raises(Exception, match="451"):
        send_mails()
    assert Delivery.objects.get().outcomes[0]["sent_at"] is None
    send_mails()

    assert [got["Message-ID"] for got in receiver.messages] == [f"<{Delivery.objects.get().public_id}.0@boon.example>"]


def test_html_is_escaped_where_data_is_put_in(project, cart, receiver):
    html = {"type": "email", "subject": "Hi {{customer.name}}", "body": "<p>Dear {{customer.name}}</p>"}
    a_distribution(project, definition=cart, channels=[html])
    abandon(project)
    deliver_due(project)

    send_mails()

    (got,) = receiver.messages
    text, page = (got.get_body([kind]).get_content() for kind in ("plain", "html"))
    assert "<p>Dear Ann &lt;b&gt;</p>" in page
    assert "Unsubscribe" in text and "Unsubscribe" in page


def test_a_name_with_a_line_end_makes_no_header(project, cart, receiver):
    a_distribution(project, definition=cart, channels=[{**MAIL, "subject": "Hi {{customer.name}}"}])
    abandon(project, {**ANN, "name": "Ann\r\nBcc: all@shop.example"})
    deliver_due(project)

    send_mails()

    (got,) = receiver.messages
    assert got["Bcc"] is None
    assert got["Subject"] == "Hi Ann Bcc: all@shop.example"


def test_one_click_ends_it_and_reading_the_page_does_not(project, cart, client, settings, mailoutbox):
    a_distribution(project, definition=cart, channels=[MAIL])
    abandon(project)
    deliver_due(project)
    send_mails()
    (sent,) = mail.outbox
    link = urlsplit(sent.extra_headers["List-Unsubscribe"].strip("<>")).path

    assert "Unsubscribe</button>" in client.get(link).text
    assert not EmailOptOut.objects.exists()
    answer = client.post(link, {"List-Unsubscribe": "One-Click"})
    client.post(link)

    assert (answer.status_code, EmailOptOut.objects.get().customer.source_id) == (200, "ann")
    assert "You are unsubscribed" in client.get(link).text
    abandon(project)
    deliver_due(project)
    later = Delivery.objects.order_by("-pk").first()
    assert (later.status, later.reason) == ("failed", "unsubscribed")


def link_of(customer):
    return urlsplit(unsubscribe_url(customer)).path


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_who_follows_the_link_without_a_click_changes_nothing(project, client, method):
    link = link_of(Customer.objects.create(project=project, created_at=NOW))

    getattr(client, method)(link)

    assert not EmailOptOut.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        ('--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n', MULTIPART),
        ("", "text/plain"),
    ],
)
def test_a_mail_program_posts_from_anywhere_without_a_cookie_and_is_not_sent_elsewhere(project, settings, body, kind):
    settings.ALLOWED_HOSTS, settings.BEHIND_TLS = ["boon.example"], True
    settings.PUBLIC_URL, settings.SECURE_SSL_REDIRECT = "https://boon.example/rewards/", True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ben = Customer.objects.create(project=project, created_at=NOW)
    url = unsubscribe_url(ben)
    told = {"host": "boon.example", "x-forwarded-proto": "https", "origin": "https://mail.example"}

    # A proxy in front takes /rewards off.
    path = urlsplit(url).path.removeprefix("/rewards")
    answer = Client(enforce_csrf_checks=True).post(path, body, content_type=kind, headers=told)

    assert url.startswith("https://boon.example/rewards/unsubscribe/")
    assert (answer.status_code, dict(answer.cookies)) == (200, {})
    assert EmailOptOut.objects.get().customer == ben


def test_a_link_that_was_not_made_here_ends_nothing(project, client):
    ann, ben = (Customer.objects.create(project=project, created_at=NOW) for _ in range(2))
    payload, *signature = link_of(ann).rpartition("/")[2].split(":")
    bens = link_of(ben).rpartition("/")[2].split(":")[0]
    forged = [
        ben.pk.hex,
        f"{uuid7().hex}:1:x",
        ":".join([bens, *signature]),
        ":".join([payload, *signature])[:-1],
        f"{payload}:{signature[-1]}",
        signing.dumps(ben.pk.hex),
        signing.dumps(ben.pk.hex, salt="boon.exports"),
        "%00",
        "%ED%A0%80",
        "x" * 5_000,
    ]

    assert {client.post(f"/unsubscribe/{token}").status_code for token in forged} == {404}
    assert not EmailOptOut.objects.exists()


def test_a_link_ends_mail_for_nobody_else(project, client):
    ann, ben = (Customer.objects.create(project=project, created_at=NOW) for _ in range(2))

    client.post(link_of(ann))

    assert "You are unsubscribed" not in client.get(link_of(ben)).text
    assert EmailOptOut.objects.get().customer == ann


def test_who_has_no_address_gets_no_code_either(project, cart):
    campaign = a_coupon_campaign(project)
    add_code(campaign, "C-1", by=TESTER)
    a_distribution(project, definition=cart, campaign=campaign, channels=[MAIL])
    abandon(project, {"source_id": "ben"})

    deliver_due(project)

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.reason, delivery.publication) == ("failed", "no_email", None)


def test_resending_sends_a_second_mail_under_the_same_id(project, cart, receiver):
    a_distribution(project, definition=cart, channels=[MAIL])
    abandon(project)
    deliver_due(project)
    send_mails()

    resend_delivery(Delivery.objects.get(), by=TESTER, now=NOW)
    send_mails()

    first, second = receiver.messages
    assert first["Message-ID"] == second["Message-ID"]


def test_a_mail_under_way_is_sent_whatever_becomes_of_its_distribution(project, cart, receiver):
    row = a_distribution(project, definition=cart, channels=[HOOK, MAIL])
    abandon(project)
    deliver_due(project)
    fields = DistributionFields("Reminder", "custom_event", "MESSAGE", definition=cart, channels=[HOOK])
    change_distribution(row, fields, by=TESTER, now=NOW)

    send_mails()

    (got,) = receiver.messages
    assert got["Subject"] == "Your cart_abandoned"
    assert Delivery.objects.get().outcomes[1]["sent_at"] is not None


def test_what_went_by_a_mail_that_is_no_more_is_not_sent_again(project, cart, receiver):
    row = a_distribution(project, definition=cart, channels=[MAIL])
    abandon(project)
    deliver_due(project)
    send_mails()
    fields = DistributionFields("Reminder", "custom_event", "MESSAGE", definition=cart, channels=[HOOK])
    change_distribution(row, fields, by=TESTER, now=NOW)

    with pytest.raises(Refusal) as refused:
        resend_delivery(Delivery.objects.get(), by=TESTER, now=NOW)

    assert refused.value.key == "delivery_not_sent"
    assert len(open_mails()) == 1


def test_what_the_server_never_takes_is_told(project, cart):
    a_distribution(project, definition=cart, channels=[MAIL])
    abandon(project)
    deliver_due(project)
    (message,) = open_mails()

    with transaction.atomic():
        SendMail().park([message.payload])

    assert Delivery.objects.get().outcomes[0]["problem"] == "mail_failed"
