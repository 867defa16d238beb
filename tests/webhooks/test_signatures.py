"""Signatures: by the contract's vectors, and verified by the library of Standard Webhooks."""

from base64 import b64decode
from datetime import timedelta

import pytest
import time_machine
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from projects.creation import rotate_webhook_keys
from tests.webhooks.sent import a_send_out, work
from tests.world import NOW, TESTER
from webhooks.headers import contract_signature, header_errors


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (b'{"a":1}', "a17d2ac229d1ebbb5f10e839c7985c4818e5986eab297f7e5979196d4d7d3ed2"),
        (b'{"a\\"b":1}', "f7cf97814a03146abedb9793f56e1dec34f618f82d10395310d053f749483ffb"),
        (b"  message  ", "53ff92957e1427ce23ad5bda9d0c5f2f4ff384d0806b83eeacb510c842d3a358"),
    ],
)
def test_the_contracts_vectors(body, signature):
    assert contract_signature("secretKey", body) == signature


@time_machine.travel(NOW, tick=False)
def test_what_arrives_is_verified_by_standard_webhooks_and_by_the_token(project, receiver):
    a_send_out(project, receiver.url("take"))
    work(NOW)
    [arrived] = receiver.arrived
    assert Verifier(project.webhook_secret).verify(arrived.body, arrived.headers)["data"] == {"name": "Zoë"}
    assert arrived.headers["x-voucherify-signature"] == contract_signature(project.webhook_token, arrived.body)
    assert "x-voucherify-signature-former" not in arrived.headers
    with pytest.raises(WebhookVerificationError):
        Verifier(project.webhook_secret).verify(arrived.body + b" ", arrived.headers)
    with time_machine.travel(NOW + timedelta(minutes=6)), pytest.raises(WebhookVerificationError):
        Verifier(project.webhook_secret).verify(arrived.body, arrived.headers)


def test_both_secrets_verify_during_rotation_and_the_new_one_alone_after_it(project, receiver):
    old_token, old_secret = project.webhook_token, project.webhook_secret
    project = rotate_webhook_keys(project, token=True, secret=True, by=TESTER, now=NOW)
    after = NOW + timedelta(hours=24)

    for at in (NOW, after - timedelta(seconds=1), after):
        a_send_out(project, receiver.url("take"), now=at)
        work(at)

    assert len(receiver.arrived) == 3
    for arrived, at in zip(receiver.arrived, (NOW, after - timedelta(seconds=1), after), strict=True):
        headers, is_rotating = arrived.headers, at < after
        with time_machine.travel(at, tick=False):
            Verifier(project.webhook_secret).verify(arrived.body, headers)
            assert _verifies(old_secret, arrived) is is_rotating
        assert headers["x-voucherify-signature"] == contract_signature(project.webhook_token, arrived.body)
        former = contract_signature(old_token, arrived.body) if is_rotating else None
        assert headers.get("x-voucherify-signature-former") == former
        assert len(headers["webhook-signature"].split()) == 1 + is_rotating


def _verifies(secret, arrived):
    try:
        return bool(Verifier(secret).verify(arrived.body, arrived.headers))
    except WebhookVerificationError:
        return False


def test_a_secret_has_as_many_bytes_as_standard_webhooks_asks_for(project):
    assert 24 <= len(b64decode(project.webhook_secret.removeprefix("whsec_"))) <= 64


@pytest.mark.parametrize(
    ("headers", "codes"),
    [
        ({"X-Shop": "one", "authorization": "Bearer abc"}, []),
        ({"Host": "evil"}, ["reserved"]),
        ({"WEBHOOK-ID": "x"}, ["reserved"]),
        ({"x-voucherify-signature": "x"}, ["reserved"]),
        ({"x y": "z"}, ["invalid"]),
        ({"x:": "z", "": "z"}, ["invalid", "invalid"]),
        ({"x": "a\r\nhost: evil"}, ["invalid"]),
        ({"x": "a\x00"}, ["invalid"]),
        ({"x": "é"}, ["invalid"]),
        ({"x": ""}, ["invalid"]),
        ({"x": 5}, ["invalid"]),
        ({"x": "y" * 1_001}, ["invalid"]),
        ({f"x-{number}": "y" for number in range(21)}, ["too_many"]),
    ],
)
def test_headers_of_a_source_are_plain_and_none_of_ours(headers, codes):
    assert [error.code for error in header_errors(headers)] == codes
