"""Signatures: by the contract's vectors, and verified by the library of Standard Webhooks."""

import re
from base64 import b64decode
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from projects.creation import rotate_secrets
from tests.webhooks.sent import a_send_out, work
from tests.world import TESTER
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


def test_what_arrives_is_verified_by_standard_webhooks_and_by_the_token(project, receiver):
    now = timezone.now()
    a_send_out(project, receiver.url("take"), now=now)
    work(now)
    [arrived] = receiver.arrived
    assert Verifier(project.webhook_secret).verify(arrived.body, arrived.headers)["data"] == {"name": "Zoë"}
    assert arrived.headers["x-voucherify-signature"] == contract_signature(project.webhook_token, arrived.body)
    assert "x-voucherify-signature-former" not in arrived.headers
    with pytest.raises(WebhookVerificationError):
        Verifier(project.webhook_secret).verify(arrived.body + b" ", arrived.headers)


def test_the_snippets_for_integrators_verify_what_arrives(project, receiver):
    now, names = timezone.now(), {}
    guide = (settings.BASE_DIR / "docs/integrators.md").read_text()
    part = guide.split("### Receiving them")[1].split("## The project")[0]
    for snippet in re.findall(r"```python\n(.*?)```", part, re.S):
        exec(snippet, names)
    a_send_out(project, receiver.url("take"), now=now)
    work(now)
    [arrived] = receiver.arrived
    headers, body = arrived.headers, arrived.body
    assert names["verified"](project.webhook_secret, headers, body)["data"] == {"name": "Zoë"}
    assert names["is_from_boon"](project.webhook_token, headers, body)
    assert not names["is_from_boon"](project.webhook_token, headers, body + b" ")
    assert not names["is_from_boon"](project.webhook_token, {}, body)


def test_what_is_replayed_later_is_not_verified(project, receiver):
    then = timezone.now() - timedelta(minutes=6)
    a_send_out(project, receiver.url("take"), now=then)
    work(then)
    assert not _verifies(project.webhook_secret, receiver.arrived[0])


@pytest.mark.parametrize(
    ("rotated_before", "is_rotating"),
    [(timedelta(0), True), (timedelta(hours=24, seconds=-1), True), (timedelta(hours=24), False)],
)
def test_both_secrets_verify_during_rotation_and_the_new_one_alone_after_it(
    project, receiver, rotated_before, is_rotating
):
    old_token, old_secret, now = project.webhook_token, project.webhook_secret, timezone.now()
    project = rotate_secrets(project, token=True, secret=True, by=TESTER, now=now - rotated_before)
    a_send_out(project, receiver.url("take"), now=now)

    work(now)

    [arrived] = receiver.arrived
    assert _verifies(project.webhook_secret, arrived)
    assert _verifies(old_secret, arrived) is is_rotating
    assert arrived.headers["x-voucherify-signature"] == contract_signature(project.webhook_token, arrived.body)
    former = contract_signature(old_token, arrived.body) if is_rotating else None
    assert arrived.headers.get("x-voucherify-signature-former") == former


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
