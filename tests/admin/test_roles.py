"""What a viewer, a marketer and an admin of a project may do on every model."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project, Role
from tests.admin.people import Tenant, a_member, signed_in
from tests.admin.test_scoping import PAGES

# Page → (who may add, who may change, who may delete); None: nobody by this model.
MARKETER, ADMIN = Role.MARKETER, Role.ADMIN
RIGHTS: dict[str, tuple[Role | None, Role | None, Role | None]] = {
    "projects_project": (None, ADMIN, None),
    "projects_membership": (ADMIN, ADMIN, ADMIN),
    "projects_apikey": (ADMIN, None, None),
    "projects_auditentry": (None, None, None),
    "eventschema_eventdefinition": (MARKETER, MARKETER, MARKETER),
    "eventschema_metadataschema": (MARKETER, MARKETER, MARKETER),
    "customers_customer": (MARKETER, MARKETER, MARKETER),
    "events_event": (None, None, None),
    "events_rejectedevent": (None, None, None),
    "campaigns_campaign": (MARKETER, None, None),
    "campaigns_voucher": (None, None, None),
    "campaigns_publication": (None, None, None),
    "referrals_referralprogram": (MARKETER, MARKETER, None),
    "referrals_conversion": (None, None, None),
    "loyalty_loyaltyprogram": (MARKETER, None, None),
    "loyalty_earningrule": (MARKETER, MARKETER, MARKETER),
    "loyalty_loyaltycard": (None, None, None),
    "loyalty_ledgerentry": (None, None, None),
    "rules_validationrule": (MARKETER, MARKETER, MARKETER),
    "segments_segment": (MARKETER, MARKETER, MARKETER),
    "segments_membership": (None, None, None),
    "segments_membershipchange": (None, None, None),
    "distributions_distribution": (MARKETER, MARKETER, MARKETER),
    "distributions_delivery": (None, None, None),
    "distributions_emailoptout": (None, None, MARKETER),
    "outbox_outboxmessage": (None, None, None),
    "projects_asyncaction": (None, None, None),
    "webhooks_webhook": (ADMIN, ADMIN, ADMIN),
    "webhooks_sendout": (None, None, None),
}
PAGES_OF_ONE_ROW = {
    "projects_project_signing": ADMIN,
    "projects_apikey_domains": ADMIN,
    "projects_apikey_revoke": ADMIN,
    "campaigns_campaign_add-code": MARKETER,
    "campaigns_campaign_add-codes": MARKETER,
    "campaigns_campaign_import": MARKETER,
    "campaigns_campaign_publish": MARKETER,
    "campaigns_voucher_balance": MARKETER,
    "eventschema_eventdefinition_status": MARKETER,
    "events_event_void": MARKETER,
    "loyalty_loyaltycard_adjust": MARKETER,
    "outbox_outboxmessage_try-again": MARKETER,
}
RANKS = [Role.VIEWER, Role.MARKETER, Role.ADMIN]


def is_allowed(role: Role, needed: Role | None) -> bool:
    return needed is not None and RANKS.index(role) >= RANKS.index(needed)


def may(client: Client, model: str, row: Any) -> tuple[bool, bool, bool]:
    """Whether adding, changing and deleting are let through (a form with errors is let through)."""
    add = client.post(reverse(f"admin:{model}_add"), {}).status_code != 403
    change = client.post(reverse(f"admin:{model}_change", args=[row.pk]), {}).status_code != 403
    delete = client.get(reverse(f"admin:{model}_delete", args=[row.pk])).status_code != 403
    return add, change, delete


@pytest.mark.parametrize("role", RANKS)
def test_a_role_may_write_exactly_this(role: Role, adas: Tenant, undone: Callable[[Callable[[], Any]], Any]):
    client = signed_in(a_member(adas.project, role))

    allowed = {model: undone(lambda model=model: may(client, model, adas.rows[model])) for model in PAGES}

    assert allowed == {model: tuple(is_allowed(role, needed) for needed in RIGHTS[model]) for model in PAGES}


def test_a_viewer_reads_every_page_and_finds_no_button_that_saves(adas: Tenant):
    viewer = signed_in(a_member(adas.project, Role.VIEWER))

    answers = {model: viewer.get(reverse(f"admin:{model}_change", args=[adas.rows[model].pk])) for model in PAGES}

    assert {model: answer.status_code for model, answer in answers.items()} == dict.fromkeys(PAGES, 200)
    buttons = [f'name="{name}"' for name in ("_save", "_publish", "_continue", "_addanother")]
    assert [
        (model, button) for model, answer in answers.items() for button in buttons if button in answer.content.decode()
    ] == []


@pytest.mark.parametrize("role", RANKS)
def test_a_page_about_one_row_asks_for_its_role(role: Role, adas: Tenant):
    client = signed_in(a_member(adas.project, role))

    statuses = {
        page: client.get(reverse(f"admin:{page}", args=[adas.rows[page.rpartition("_")[0]].pk])).status_code
        for page in PAGES_OF_ONE_ROW
    }

    assert statuses == {page: 200 if is_allowed(role, needed) else 403 for page, needed in PAGES_OF_ONE_ROW.items()}


@pytest.mark.parametrize(
    ("model", "action"),
    [
        ("loyalty_earningrule", "disable"),
        ("loyalty_earningrule", "delete_rules"),
        ("campaigns_campaign", "disable"),
        ("customers_customer", "delete_selected"),
        ("outbox_outboxmessage", "try_again"),
    ],
)
def test_an_action_of_a_viewer_changes_nothing(model: str, action: str, adas: Tenant):
    viewer, row = signed_in(a_member(adas.project, Role.VIEWER)), adas.rows[model]
    before = type(row).objects.filter(pk=row.pk).values().get()

    sent = {"action": action, "_selected_action": [row.pk], "confirmed": "yes", "post": "yes"}
    viewer.post(reverse(f"admin:{model}_changelist"), sent)

    assert type(row).objects.filter(pk=row.pk).values().get() == before


def test_an_action_of_a_marketer_revokes_no_key(adas: Tenant):
    key = adas.rows["projects_apikey"]
    sent = {"action": "revoke", "_selected_action": [key.pk], "confirmed": "yes"}

    signed_in(a_member(adas.project, Role.MARKETER)).post(reverse("admin:projects_apikey_changelist"), sent)

    key.refresh_from_db()
    assert key.revoked_at is None


def test_a_role_counts_in_its_own_project_alone(adas: Tenant, project: Project):
    viewer = a_member(adas.project, Role.VIEWER)
    viewer.memberships.create(project=project, role=Role.ADMIN)

    allowed = may(signed_in(viewer), "loyalty_earningrule", adas.rows["loyalty_earningrule"])

    assert allowed == (True, False, False)


@pytest.mark.parametrize("model", ["changelist", "add"])
def test_users_are_for_superusers(model: str, project_admin: Client, superuser: Client):
    address = reverse(f"admin:auth_user_{model}")

    assert (project_admin.get(address).status_code, superuser.get(address).status_code) == (403, 200)
