"""Users meet the rows of their own projects: Mallory's are not listed, not reachable, not selectable."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from projects.models import Role
from tests.admin.people import Tenant, a_member, signed_in
from tests.factories import UserFactory

# Every model of the admin but that of users, which no member reaches (test_users.py).
PAGES = [
    "projects_project",
    "projects_membership",
    "projects_apikey",
    "webhooks_webhook",
    "webhooks_sendout",
    "projects_auditentry",
    "eventschema_eventdefinition",
    "eventschema_metadataschema",
    "customers_customer",
    "events_event",
    "events_rejectedevent",
    "campaigns_campaign",
    "campaigns_voucher",
    "campaigns_publication",
    "referrals_referralprogram",
    "referrals_conversion",
    "loyalty_loyaltyprogram",
    "loyalty_earningrule",
    "loyalty_loyaltycard",
    "loyalty_ledgerentry",
    "rules_validationrule",
    "segments_segment",
    "segments_membership",
    "segments_membershipchange",
    "distributions_distribution",
    "distributions_delivery",
    "distributions_emailoptout",
    "outbox_outboxmessage",
    "projects_asyncaction",
]
ADD_PAGES = [
    "projects_membership",
    "projects_apikey",
    "webhooks_webhook",
    "eventschema_eventdefinition",
    "eventschema_metadataschema",
    "customers_customer",
    "campaigns_campaign",
    "referrals_referralprogram",
    "loyalty_loyaltyprogram",
    "loyalty_earningrule",
    "rules_validationrule",
    "segments_segment",
    "distributions_distribution",
]
ROW_PAGES = [
    "projects_project_signing",
    "projects_apikey_domains",
    "projects_apikey_revoke",
    "campaigns_campaign_add-code",
    "campaigns_campaign_add-codes",
    "campaigns_campaign_import",
    "campaigns_campaign_publish",
    "campaigns_voucher_balance",
    "eventschema_eventdefinition_status",
    "events_event_void",
    "loyalty_loyaltycard_adjust",
    "distributions_delivery_resend",
    "outbox_outboxmessage_try-again",
    "webhooks_webhook_test",
    "webhooks_webhook_enable",
    "webhooks_sendout_resend",
]


@pytest.fixture
def ada(adas: Tenant, mallorys: Tenant) -> Client:
    """Admin of her own project, and nothing in Mallory's."""
    return signed_in(a_member(adas.project, Role.ADMIN, "ada"))


# Ada's tag is in the page, and Mallory's is not.
OWN = (True, False)


def seen(answer: Any) -> tuple[int, tuple[bool, bool]]:
    """The status, and whose tags the page holds: Ada's, Mallory's."""
    html = answer.content.decode()
    return answer.status_code, ("ada-" in html, "mallory" in html)


def state(row: Any) -> dict[str, Any]:
    """What the database holds of a row by now."""
    return type(row).objects.filter(pk=row.pk).values().get()


def test_the_pages_above_are_all_there_are():
    registered = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}

    assert registered == {*PAGES, "auth_user"}


def test_a_list_shows_own_rows_and_never_anothers(ada: Client):
    answers = {model: ada.get(reverse(f"admin:{model}_changelist")) for model in PAGES}

    assert {model: seen(answer) for model, answer in answers.items()} == dict.fromkeys(PAGES, (200, OWN))
    assert [model for model, answer in answers.items() if not answer.context["cl"].result_list] == []


def test_a_search_for_anothers_row_finds_nothing(ada: Client):
    answers = {model: ada.get(reverse(f"admin:{model}_changelist"), {"q": "mallory"}) for model in PAGES}

    found = {model: list(answer.context["cl"].result_list) for model, answer in answers.items()}
    assert found == {model: [] for model in PAGES}


def test_an_own_row_can_be_read(ada: Client, adas: Tenant):
    answers = {model: ada.get(reverse(f"admin:{model}_change", args=[adas.rows[model].pk])) for model in PAGES}

    assert {model: answer.status_code for model, answer in answers.items()} == dict.fromkeys(PAGES, 200)
    assert [model for model, answer in answers.items() if "mallory" in answer.content.decode()] == []


@pytest.mark.parametrize("kind", ["change", "delete", "history"])
def test_anothers_row_answers_like_one_that_is_not_there(kind: str, ada: Client, mallorys: Tenant):
    def told(model: str, pk: Any) -> tuple[int, str | None]:
        answer = ada.get(reverse(f"admin:{model}_{kind}", args=[pk]))
        return answer.status_code, answer.headers.get("Location")

    real = {model: told(model, mallorys.rows[model].pk) for model in PAGES}

    assert real == {model: told(model, nobodys(mallorys.rows[model].pk)) for model in PAGES}
    assert {status for status, _ in real.values()} <= {302, 403}


def nobodys(pk: Any) -> Any:
    """A key of the same kind, which no row has."""
    return uuid4() if isinstance(pk, UUID) else 10**9


def test_anothers_row_cannot_be_posted_to(ada: Client, mallorys: Tenant, count_rows: Callable[[], dict[str, int]]):
    before, rows = count_rows(), {model: state(mallorys.rows[model]) for model in PAGES}

    statuses = {
        ada.post(reverse(f"admin:{model}_change", args=[mallorys.rows[model].pk]), {"name": "taken"}).status_code
        for model in PAGES
    }

    assert statuses <= {302, 403}
    assert {model: state(mallorys.rows[model]) for model in PAGES} == rows
    assert count_rows() == before


def test_nothing_can_be_done_to_anothers_row(ada: Client, mallorys: Tenant, count_rows: Callable[[], dict[str, int]]):
    before, rows = count_rows(), {model: state(mallorys.rows[model]) for model in PAGES}
    sent = {"points": "5", "reason": "x", "customer": "ada-ada"}

    answers = {
        page: ada.post(reverse(f"admin:{page}", args=[mallorys.rows[page.rpartition("_")[0]].pk]), sent)
        for page in ROW_PAGES
    }

    told = {page: (answer.status_code, answer.headers.get("Location")) for page, answer in answers.items()}
    assert told == dict.fromkeys(ROW_PAGES, (302, reverse("admin:index")))
    assert {model: state(mallorys.rows[model]) for model in PAGES} == rows
    assert count_rows() == before


def test_a_new_row_can_be_tied_to_own_rows_only(ada: Client):
    answers = {model: ada.get(reverse(f"admin:{model}_add")) for model in ADD_PAGES}

    assert {model: answer.status_code for model, answer in answers.items()} == dict.fromkeys(ADD_PAGES, 200)
    assert [model for model, answer in answers.items() if "mallory" in answer.content.decode()] == []


@pytest.mark.parametrize("model", ["projects_membership", "projects_apikey", "eventschema_eventdefinition"])
def test_a_crafted_project_is_no_valid_choice(model: str, ada: Client, mallorys: Tenant):
    sent = {
        "project": mallorys.project.pk,
        "kind": "server",
        "username": "ada",
        "role": "admin",
        "name": "x",
        "unknown": "keep",
    }

    answer = ada.post(reverse(f"admin:{model}_add"), sent)

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["project"] == [
        "Select a valid choice. That choice is not one of the available choices."
    ]


@pytest.mark.parametrize("name", ["program", "definition"])
def test_a_crafted_reference_is_no_valid_choice(name: str, ada: Client, adas: Tenant, mallorys: Tenant):
    pages = {"program": "loyalty_loyaltyprogram", "definition": "eventschema_eventdefinition"}
    sent = {key: adas.rows[model].pk for key, model in pages.items()} | {"formula": "FIXED", "points": "5"}

    answer = ada.post(reverse("admin:loyalty_earningrule_add"), sent | {name: mallorys.rows[pages[name]].pk})

    assert answer.context["adminform"].form.errors == {
        name: ["Select a valid choice. That choice is not one of the available choices."]
    }


@pytest.mark.parametrize(
    ("app", "model", "field"),
    [("campaigns", "voucher", "holder"), ("events", "event", "customer"), ("loyalty", "earningrule", "definition")],
)
def test_the_endpoint_behind_choosers_knows_own_rows_alone(
    app: str, model: str, field: str, ada: Client, adas: Tenant
):
    asked = {"app_label": app, "model_name": model, "field_name": field, "term": ""}

    found = ada.get(reverse("admin:autocomplete"), asked).json()["results"]

    assert [item["text"] for item in found if "ada-" in item["text"]] != []
    assert [item["text"] for item in found if "mallory" in item["text"]] == []


def test_a_member_of_two_projects_cannot_mix_them(adas: Tenant, mallorys: Tenant):
    both = a_member(adas.project, Role.MARKETER, "both")
    both.memberships.create(project=mallorys.project, role=Role.MARKETER)
    sent = {
        "program": adas.rows["loyalty_loyaltyprogram"].pk,
        "definition": mallorys.rows["eventschema_eventdefinition"].pk,
        "formula": "FIXED",
        "points": "5",
    }

    answer = signed_in(both).post(reverse("admin:loyalty_earningrule_add"), sent)

    assert answer.context["adminform"].form.errors == {
        "definition": ["This event belongs to another project than the programme."]
    }


def test_an_action_leaves_anothers_rows_alone(ada: Client, mallorys: Tenant):
    rule = mallorys.rows["loyalty_earningrule"]

    ada.post(reverse("admin:loyalty_earningrule_changelist"), {"action": "disable", "_selected_action": [rule.pk]})

    rule.refresh_from_db()
    assert rule.active


def test_staff_without_a_project_see_no_page(db: None, adas: Tenant):
    nobody = signed_in(UserFactory(username="nobody"))

    answers = {nobody.get(reverse(f"admin:{model}_changelist")).status_code for model in PAGES}

    assert answers == {403}


def test_a_superuser_sees_every_project(superuser: Client, adas: Tenant, mallorys: Tenant):
    html = superuser.get(reverse("admin:projects_project_changelist")).content.decode()

    assert ("ada-shop" in html, "mallory-shop" in html) == (True, True)
