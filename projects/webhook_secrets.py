"""What deliveries are signed with, so that whoever receives one knows where it comes from."""

import secrets
from base64 import b64encode


def new_webhook_token() -> str:
    """The key of the contract's signature (h.2), as text."""
    return secrets.token_urlsafe(32)


def new_webhook_secret() -> str:
    """The key of Standard Webhooks: 32 random bytes in base 64, behind `whsec_`."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
