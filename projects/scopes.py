"""What an access token may be good for (contract a.2): one scope for each resource, and one for each API."""

from collections.abc import Sequence

from projects.models import KeyKind

_RESOURCES = (
    "events",
    "customers",
    "segments",
    "campaigns",
    "vouchers",
    "publications",
    "loyalties",
    "referrals",
    "rewards",
    "validation-rules",
    "validation-rules-assignments",
    "metadata-schemas",
    "async-actions",
    "exports",
    "orders",
    "products",
    "skus",
    "product-collections",
    "categories",
    "locations",
    "promotions",
    "qualifications",
    "validations",
    "redemptions",
    "templates",
    "trash-bin",
    "assets",
    "task-results",
    "consents",
)
_CLIENT_RESOURCES = (
    "events",
    "vouchers",
    "promotions",
    "publish",
    "validate",
    "validations",
    "qualifications",
    "redeem",
    "redemptions",
    "customers",
    "consents",
)

SERVER_SCOPES = ("api", *_RESOURCES)
CLIENT_SCOPES = ("client_api", *(f"client_{resource}" for resource in _CLIENT_RESOURCES))
# By the kind of key that a token stands for; the first of each opens all that the key does.
SCOPES_OF_KIND = {KeyKind.SERVER.value: SERVER_SCOPES, KeyKind.CLIENT.value: CLIENT_SCOPES}

# Resources of ours that the contract's scopes have no name for.
_UNDER = {"event-tickets": "events", "rejected-events": "events", "distributions": "api", "deliveries": "api"}


def scope_of_path(path: str) -> str:
    """The scope that opens a path of `/v1` or `/client/v1`, apart from those that open everything."""
    parts = path.strip("/").split("/")
    if parts[0] == "client":
        return f"client_{parts[2]}" if len(parts) > 2 else "client_api"
    resource = parts[1] if len(parts) > 1 else "api"
    return _UNDER.get(resource, resource)


def covers(scopes: Sequence[str], needed: str) -> bool:
    return needed in scopes or ("client_api" if needed.startswith("client_") else "api") in scopes
