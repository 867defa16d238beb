"""How the admin's theme looks and what its side bar lists (docs of django-unfold 0.91 name the keys)."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _superuser_only(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def _page(title: str, icon: str, model: str, permission: Any = None) -> dict[str, Any]:
    page = {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}
    return page | ({"permission": permission} if permission else {})


def _is_event_log(request: HttpRequest) -> bool:
    """The theme takes every page below the list's address for the list."""
    page = request.resolver_match.url_name if request.resolver_match else None
    return page in ("events_event_changelist", "events_event_change")


def _theme_script(request: HttpRequest) -> str:
    return static("boon/theme.js")


def _favicon(request: HttpRequest) -> str:
    return static("boon/favicon.svg")


# Teal; 600 is what buttons are filled with, dark enough for white letters (WCAG 2.2, 1.4.3).
PRIMARY = {
    "50": "oklch(98.4% .014 180.72)",
    "100": "oklch(95.3% .051 180.801)",
    "200": "oklch(91% .096 180.426)",
    "300": "oklch(85.5% .138 181.071)",
    "400": "oklch(77.7% .152 181.912)",
    "500": "oklch(70.4% .14 182.503)",
    "600": "oklch(51.1% .096 186.391)",
    "700": "oklch(43.7% .078 188.216)",
    "800": "oklch(38.6% .063 188.416)",
    "900": "oklch(33% .053 190)",
    "950": "oklch(27.7% .046 192.524)",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Boon",
    "SITE_HEADER": "Boon",
    "SITE_SYMBOL": "redeem",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _favicon}],
    "SHOW_HISTORY": False,
    "SHOW_BACK_BUTTON": True,
    "COLORS": {"primary": PRIMARY},
    # In the head and not deferred: it sets the theme before anything is painted.
    "SCRIPTS": [_theme_script],
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": "Events",
                "items": [
                    _page("Event log", "receipt_long", "events_event") | {"active": _is_event_log},
                    {"title": "Live events", "icon": "sensors", "link": reverse_lazy("admin:events_event_live")},
                    _page("Rejected events", "report", "events_rejectedevent"),
                    _page("Event definitions", "schema", "eventschema_eventdefinition"),
                    _page("Nested schemas", "data_object", "eventschema_metadataschema"),
                ],
            },
            {
                "title": "People",
                "items": [
                    _page("Customers", "group", "customers_customer"),
                    _page("Segments", "groups", "segments_segment"),
                    _page("Distributions", "send", "distributions_distribution"),
                    _page("Deliveries", "outgoing_mail", "distributions_delivery"),
                    _page("Referrals made", "handshake", "referrals_conversion"),
                ],
            },
            {
                "title": "Programmes",
                "items": [
                    _page("Campaigns", "campaign", "campaigns_campaign"),
                    _page("Referral programmes", "share", "referrals_referralprogram"),
                    _page("Loyalty programmes", "loyalty", "loyalty_loyaltyprogram"),
                    _page("Earning rules", "rule", "loyalty_earningrule"),
                    _page("Validation rules", "fact_check", "rules_validationrule"),
                    _page("Codes", "confirmation_number", "campaigns_voucher"),
                    _page("Publications", "outbox", "campaigns_publication"),
                ],
            },
            {
                "title": "Points",
                "items": [
                    _page("Loyalty cards", "credit_card", "loyalty_loyaltycard"),
                    _page("Ledger", "menu_book", "loyalty_ledgerentry"),
                ],
            },
            {
                "title": "Worker",
                "items": [
                    _page("Outbox", "inbox", "outbox_outboxmessage"),
                    _page("Async actions", "pending_actions", "projects_asyncaction"),
                ],
            },
            {
                "title": "Settings",
                "items": [
                    _page("Projects", "domain", "projects_project"),
                    _page("Members", "badge", "projects_membership"),
                    _page("API keys", "key", "projects_apikey"),
                    _page("Webhooks", "webhook", "webhooks_webhook"),
                    _page("Sent by webhooks", "cell_tower", "webhooks_sendout"),
                    _page("Audit log", "history", "projects_auditentry"),
                    _page("Users", "manage_accounts", "auth_user", _superuser_only),
                ],
            },
        ],
    },
}
