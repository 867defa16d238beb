"""The headers of one attempt: signatures by the contract (h.2) and by Standard Webhooks, and what the source adds."""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime

from common.jsons import JsonValue
from common.refusals import FieldError
from projects.models import Project
from webhooks.models import SendOut

USER_AGENT = "Boon-Webhooks/1"
MOST_HEADERS = 20
LONGEST_VALUE = 1_000
# Ours, and those that say where a request ends.
RESERVED = frozenset(
    "accept-encoding connection content-encoding content-length content-type cookie expect host keep-alive "
    "proxy-authorization proxy-connection te trailer transfer-encoding upgrade user-agent".split()
)
RESERVED_PREFIXES = ("webhook-", "x-voucherify-")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


def headers_of(send_out: SendOut, body: bytes, at: datetime) -> dict[str, str]:
    """Names in lower case; needs `send_out.project`. The id is that of the send-out, the time that of the attempt."""
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "accept-encoding": "identity",
        **_contract_signatures(send_out.project, body, at),
        **_standard_signatures(send_out, body, at),
    }


def header_errors(headers: Mapping[str, JsonValue], path: str = "headers") -> list[FieldError]:
    """What is wrong with headers that a source adds to ours."""
    if len(headers) > MOST_HEADERS:
        return [FieldError(path, "too_many", f"Property .{path} must hold at most {MOST_HEADERS} headers")]
    return list(_header_errors(headers, path))


def allowed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Of those that a source adds, what may be sent."""
    return {name: value for name, value in headers.items() if not _is_reserved(name)}


def contract_signature(token: str, body: bytes) -> str:
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def standard_signature(secret: str, message: bytes) -> str:
    """`message` is id, timestamp and body with dots between them."""
    key = b64decode(secret.removeprefix("whsec_"))
    return f"v1,{b64encode(hmac.digest(key, message, 'sha256')).decode()}"


def _contract_signatures(project: Project, body: bytes, at: datetime) -> dict[str, str]:
    signatures = {"x-voucherify-signature": contract_signature(project.webhook_token, body)}
    until = project.former_webhook_token_until
    if until and at < until:
        former = contract_signature(project.former_webhook_token, body)
        signatures["x-voucherify-signature-former"] = former
    return signatures


def _standard_signatures(send_out: SendOut, body: bytes, at: datetime) -> dict[str, str]:
    project, name, stamp = send_out.project, send_out.public_id, str(int(at.timestamp()))
    message = b".".join((name.encode(), stamp.encode(), body))
    secrets = [project.webhook_secret]
    until = project.former_webhook_secret_until
    if until and at < until:
        secrets.append(project.former_webhook_secret)
    signatures = " ".join(standard_signature(secret, message) for secret in secrets)
    return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signatures}


def _is_reserved(name: str) -> bool:
    return name.lower() in RESERVED or name.lower().startswith(RESERVED_PREFIXES)


def _header_errors(headers: Mapping[str, JsonValue], path: str) -> Iterator[FieldError]:
    for name, value in headers.items():
        place = f"{path}.{name[:100]}"
        if not _NAME.fullmatch(name):
            yield FieldError(place, "invalid", f"Property .{place} is no name of a header", name)
        elif _is_reserved(name):
            yield FieldError(place, "reserved", f"Property .{place} is a header that Boon sets itself", name)
        if not isinstance(value, str) or len(value) > LONGEST_VALUE or not _VALUE.fullmatch(value):
            limits = f"must be a printable ASCII text of at most {LONGEST_VALUE} characters"
            yield FieldError(place, "invalid", f"Property .{place} {limits}", value)
