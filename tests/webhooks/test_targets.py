"""No address that is private is connected to, however it is written and whatever its name resolves to."""

import socket

import pytest

from common.refusals import InvalidPayload
from tests.webhooks.sent import a_send_out, attempts_of, queued, work
from tests.webhooks.world import a_webhook
from tests.world import NOW
from webhooks.models import SendOut, SendOutStatus, Webhook
from webhooks.targets import REFUSED_PORTS, address_problem, ip_address, target_problem

# Loopback, in every way of writing that some resolver understands, and what carries or is near to it.
LOOPBACK = (
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001"),
    *("0", "0.0.0.0", "127.0.0.1.", "127.255.255.254", "localhost", "localhost.", "LOCALHOST", "a.localhost"),
    *("①②⑦.⓪.⓪.①", "127。0。0。1", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]"),
    *("[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::1]"),
    *("[2002:7f00:1::]", "[2002:7f00:1::1]", "[2001:0:7f00:1::]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]"),
)
PRIVATE = (
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1"),
    *("192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "192.88.99.1", "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]"),
    *("[ff02::1]", "[5f00::1]", "[3fff::1]", "[2001:db8::1]", "[100::1]", "[64:ff9b::a00:1]", "[::ffff:10.0.0.1]"),
    *("[2002:a00:1::]", "0xa9fea9fe", "2852039166", "169.254.43518"),
)


def sent_past_the_form(project, url):
    """A send-out to an address that no form would take, as one that was stored before."""
    webhook = a_webhook(project, "customer.created")
    Webhook.objects.filter(pk=webhook.pk).update(target_url=url)
    webhook.refresh_from_db()
    return queued(project, webhook)[0]


@pytest.mark.parametrize("host", [*LOOPBACK, *PRIVATE])
def test_private_hosts_are_never_connected_to(project, canary, host):
    send_out = sent_past_the_form(project, f"http://{host}:{canary.port}/hook")

    work(NOW)

    assert canary.calls() == 0
    [attempt] = attempts_of(send_out)
    assert attempt.status_code is None
    assert attempt.error


@pytest.mark.parametrize("host", [host for host in (*LOOPBACK, *PRIVATE) if host.isascii()])
def test_private_hosts_are_refused_as_they_are_written(project, host):
    with pytest.raises(InvalidPayload) as refused:
        a_webhook(project, "customer.created", url=f"https://{host}/hook")
    assert [error.path for error in refused.value.errors] == ["target_url"]
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "64:ff9b::101:101"]
)
def test_public_addresses_are_good_ones(address):
    assert address_problem(ip_address(address)) is None


@pytest.fixture
def names(monkeypatch):
    """What names resolve to, a list an asking, the last for all further ones; asked of the system otherwise."""
    found: dict[str, list[str]] = {}
    ask = socket.getaddrinfo

    def resolve(host, port, *arguments, **options):
        if host not in found:
            return ask(host, port, *arguments, **options)
        address = found[host].pop(0) if len(found[host]) > 1 else found[host][0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        where = (address, port, 0, 0) if ":" in address else (address, port)
        return [(family, socket.SOCK_STREAM, 6, "", where)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return found


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "10.0.0.1", "169.254.169.254", "0.0.0.0"]
)
def test_names_that_resolve_to_a_private_address_are_not_connected_to(project, canary, names, address):
    names["inside.example"] = [address]
    send_out = a_send_out(project, f"http://inside.example:{canary.port}/hook")

    work(NOW)

    assert canary.calls() == 0
    assert "is an address of a private network" in attempts_of(send_out)[0].error
    send_out.refresh_from_db()
    assert send_out.status == SendOutStatus.RETRYING  # a name may lead elsewhere by then


def test_a_name_that_resolves_otherwise_at_the_second_asking_is_not_connected_to(project, canary, names, monkeypatch):
    monkeypatch.setattr("webhooks.posting.SECONDS", 0.3)
    names["rebound.example"] = ["203.0.113.1", "127.0.0.1"]
    send_out = a_send_out(project, f"http://rebound.example:{canary.port}/hook")
    for _ in range(2):
        work(SendOut.objects.get().next_at)
    assert canary.calls() == 0
    assert len(attempts_of(send_out)) == 2


@pytest.mark.parametrize("to", ["http://127.0.0.1:{port}/", "//127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/"])
def test_redirects_to_a_private_address_are_not_followed(project, receiver, canary, to):
    a_send_out(project, receiver.url("redirect", "?" + to.format(port=canary.port)))
    work(NOW)
    assert (len(receiver.arrived), canary.calls()) == (1, 0)


@pytest.mark.parametrize("is_allowed", [False, True])
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "ftp://127.0.0.1:{port}/",
        "ws://127.0.0.1:{port}/",
        "http://user@127.0.0.1:{port}/",
        "http://user:secret@127.0.0.1:{port}/",
        "http://shop.example@127.0.0.1:{port}/",
        "http://:{port}/",
        "127.0.0.1:{port}",
    ],
)
def test_other_schemes_and_user_names_are_refused_whatever_is_allowed(project, canary, settings, url, is_allowed):
    settings.WEBHOOK_ALLOW_PRIVATE = is_allowed
    send_out = sent_past_the_form(project, url.format(port=canary.port))
    work(NOW)
    assert canary.calls() == 0
    send_out.refresh_from_db()
    assert send_out.status == SendOutStatus.FAILED
    assert send_out.reason.startswith("Not sent: ")


@pytest.mark.parametrize("url", ["http://shop.example:70000/", "http://shop.example:x/", "http://[shop/"])
def test_what_is_no_address_is_given_up_and_keeps_no_other_of_the_batch_from_being_sent(project, receiver, url):
    broken = sent_past_the_form(project, url)
    a_send_out(project, receiver.url("take"))

    work(NOW)

    broken.refresh_from_db()
    assert (broken.status, len(receiver.arrived)) == (SendOutStatus.FAILED, 1)
    assert broken.reason.startswith("Not sent: it is no address")


@pytest.mark.parametrize("port", [22, 25, 5432, 6379])
def test_ports_of_other_protocols_are_refused(port):
    assert port in REFUSED_PORTS
    assert target_problem(f"https://shop.example:{port}/") == f"port {port} belongs to another protocol than HTTP"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_private_hosts_are_called_where_the_operator_allows_it(project, receiver, host):
    a_send_out(project, f"http://{host}:{receiver.server_port}/take")
    work(NOW)
    assert len(receiver.arrived) == 1
