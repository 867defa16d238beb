"""Projects, members and API keys in the admin."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from projects.keys import create_key, find_key
from projects.models import ApiKey, AuditEntry, Membership, Project, Role
from tests.admin.forms import errors_of, messages_of, posted
from tests.factories import MembershipFactory, UserFactory
from tests.world import TESTER

SETTINGS = {"name": "Shop", "time_zone": "UTC", "unknown_events": "reject", "max_event_age_days": "365"}


def test_a_superuser_makes_a_project_and_decides_about_case_then(superuser: Client):
    answer = posted(superuser, "projects_project_add", SETTINGS | {"name": "Bakery", "case_sensitive_codes": "on"})

    project = Project.objects.get(slug="bakery")
    assert answer.status_code == 302
    assert (project.name, project.case_sensitive_codes) == ("Bakery", True)


def test_a_member_makes_no_project(project_admin: Client):
    assert project_admin.get(reverse("admin:projects_project_add")).status_code == 403


def test_an_admin_changes_settings_and_the_audit_log_tells_what_and_who(project_admin: Client, project: Project):
    posted(project_admin, "projects_project_change", SETTINGS | {"time_zone": "Asia/Tokyo"}, project.pk)

    entry = AuditEntry.objects.get(action="project.updated")
    project.refresh_from_db()
    assert project.time_zone == "Asia/Tokyo"
    assert (entry.actor_kind, entry.actor, entry.before["time_zone"], entry.after["time_zone"]) == (
        "user",
        f"admin-of-{project.slug}",
        "UTC",
        "Asia/Tokyo",
    )


def test_the_case_of_codes_is_no_field_later(project_admin: Client, project: Project):
    posted(project_admin, "projects_project_change", SETTINGS | {"case_sensitive_codes": "on"}, project.pk)

    project.refresh_from_db()
    assert project.case_sensitive_codes is False


def test_a_time_zone_that_is_none_is_refused_at_its_field(project_admin: Client, project: Project):
    answer = posted(project_admin, "projects_project_change", SETTINGS | {"time_zone": "Mars/Crater"}, project.pk)

    assert list(errors_of(answer)) == ["time_zone"]


def test_what_only_the_domain_refuses_comes_back_in_the_form(project_admin: Client, project: Project):
    answer = posted(project_admin, "projects_project_change", SETTINGS | {"max_event_age_days": "0"}, project.pk)

    assert errors_of(answer) == {"max_event_age_days": ["Ensure this value is greater than or equal to 1."]}


def test_an_audit_entry_shows_what_changed_and_nothing_else(project_admin: Client, project: Project):
    posted(project_admin, "projects_project_change", SETTINGS | {"time_zone": "Asia/Tokyo"}, project.pk)
    entry = AuditEntry.objects.get(action="project.updated")

    answer = project_admin.get(reverse("admin:projects_auditentry_change", args=[entry.pk]))

    assert answer.context["boon_panels"][0].rows == [["time_zone", "UTC", "Asia/Tokyo"]]


def test_a_member_is_added_by_name(project_admin: Client, project: Project):
    UserFactory(username="ben")

    posted(project_admin, "projects_membership_add", {"project": project.pk, "username": "ben", "role": "marketer"})

    assert Membership.objects.get(user__username="ben").role == Role.MARKETER
    assert AuditEntry.objects.filter(project=project, action="member.added", target_name="ben").exists()


def test_a_member_who_has_no_account_is_an_error_at_the_name(project_admin: Client, project: Project):
    sent = {"project": project.pk, "username": "nobody", "role": "viewer"}

    answer = posted(project_admin, "projects_membership_add", sent)

    assert errors_of(answer) == {"username": ["There is no user “nobody”."]}


def test_adding_a_member_twice_is_refused_by_the_domain_and_shown_in_the_form(project_admin: Client, project: Project):
    MembershipFactory(user=UserFactory(username="ben"), project=project)
    sent = {"project": project.pk, "username": "ben", "role": "admin"}

    answer = posted(project_admin, "projects_membership_add", sent)

    assert errors_of(answer) == {"__all__": ["ben is a member of this project already"]}
    assert Membership.objects.get(user__username="ben").role == Role.VIEWER


def test_the_page_that_comes_back_keeps_what_was_typed(project_admin: Client, project: Project):
    MembershipFactory(user=UserFactory(username="ben"), project=project)

    answer = posted(
        project_admin, "projects_membership_add", {"project": project.pk, "username": "ben", "role": "admin"}
    )

    form = answer.context["adminform"].form
    assert (form["username"].value(), form["role"].value()) == ("ben", "admin")


def test_a_role_is_changed_and_a_member_removed(project_admin: Client, project: Project):
    member = MembershipFactory(user=UserFactory(username="ben"), project=project)

    posted(project_admin, "projects_membership_change", {"role": "marketer"}, member.pk)
    changed = Membership.objects.get(pk=member.pk).role
    posted(project_admin, "projects_membership_delete", {"post": "yes"}, member.pk)

    actions = AuditEntry.objects.filter(target_type="member").order_by("id").values_list("action", flat=True)
    assert changed == Role.MARKETER
    assert not Membership.objects.filter(pk=member.pk).exists()
    assert list(actions) == ["member.changed", "member.removed"]


def test_a_new_keys_token_is_shown_once_and_opens_the_api(project_admin: Client, project: Project):
    sent = {"project": project.pk, "kind": "server", "label": "Shop", "trusted_domains": ""}

    answer = posted(project_admin, "projects_apikey_add", sent)

    html = answer.content.decode()
    token = re.findall(r'id="boon-key-token">([^<]+)<', html)[0]
    key = ApiKey.objects.get(project=project)
    assert find_key("server", key.key_id, token) == key
    assert "no-store" in answer.headers["Cache-Control"].split(", ")


def test_a_token_is_on_no_later_page(project_admin: Client, project: Project):
    sent = {"project": project.pk, "kind": "client", "label": "Web", "trusted_domains": "*\nhttps://shop.example"}
    first = posted(project_admin, "projects_apikey_add", sent).content.decode()
    token = re.findall(r'id="boon-key-token">([^<]+)<', first)[0]
    key = ApiKey.objects.get(project=project)

    pages = [
        project_admin.get(reverse(f"admin:projects_apikey_{name}", args=args)).content.decode()
        for name, args in (("changelist", []), ("change", [key.pk]), ("revoke", [key.pk]))
    ]

    assert [token in html for html in [first, *pages]] == [True, False, False, False]
    assert [key.token_hash in html for html in [first, *pages]] == [False, False, False, False]
    assert key.trusted_domains == ["*", "https://shop.example"]


def test_revoking_asks_first(project_admin: Client, project: Project):
    key, _ = create_key(project, kind="server", by=TESTER)
    sent = {"action": "revoke", "_selected_action": [key.pk]}

    asked = posted(project_admin, "projects_apikey_changelist", sent)
    key.refresh_from_db()
    before = key.is_revoked
    posted(project_admin, "projects_apikey_changelist", sent | {"confirmed": "yes"})
    key.refresh_from_db()

    assert (asked.status_code, before, key.is_revoked) == (200, False, True)


def test_a_key_is_revoked_from_its_own_page(project_admin: Client, project: Project):
    key, _ = create_key(project, kind="server", label="Old shop", by=TESTER)

    answer = posted(project_admin, "projects_apikey_revoke", {}, key.pk)

    key.refresh_from_db()
    assert answer.status_code == 302
    assert key.is_revoked
    assert messages_of(project_admin) == ["The key “Old shop” opens nothing any more."]


def test_a_domain_that_is_none_is_refused_at_its_field(project_admin: Client, project: Project):
    sent = {"project": project.pk, "kind": "client", "label": "Web", "trusted_domains": "shop.example\nhttps://shop/x"}

    answer = posted(project_admin, "projects_apikey_add", sent)

    assert errors_of(answer) == {
        "trusted_domains": [
            "“https://shop/x” is neither * nor a host name such as shop.example nor an origin such as "
            "https://shop.example:8443."
        ]
    }
    assert ApiKey.objects.count() == 0


def test_trusted_domains_are_changed_on_a_page_of_their_own(project_admin: Client, project: Project):
    key, _ = create_key(project, kind="client", by=TESTER, trusted_domains=["old.example"])
    page = reverse("admin:projects_apikey_domains", args=[key.pk])

    asked = project_admin.get(page).content.decode()
    refused = posted(project_admin, "projects_apikey_domains", {"trusted_domains": "a b"}, key.pk)
    posted(project_admin, "projects_apikey_domains", {"trusted_domains": "New.example\n*"}, key.pk)

    key.refresh_from_db()
    entry = AuditEntry.objects.get(action="api_key.updated")
    assert "old.example" in asked
    assert refused.context["form"].errors.keys() == {"trusted_domains"}
    assert key.trusted_domains == ["new.example", "*"]
    assert (entry.before, entry.after) == (
        {"trusted_domains": ["old.example"]},
        {"trusted_domains": ["new.example", "*"]},
    )


def test_only_a_client_keys_page_leads_to_its_domains(project_admin: Client, project: Project):
    keys = [create_key(project, kind=kind, by=TESTER)[0] for kind in ("client", "server", "management")]

    pages = [
        project_admin.get(reverse("admin:projects_apikey_change", args=[key.pk])).content.decode() for key in keys
    ]

    assert [f"/{key.pk}/domains/" in html for key, html in zip(keys, pages, strict=True)] == [True, False, False]


def test_a_new_key_is_given_a_limit(project_admin: Client, project: Project):
    sent = {"project": project.pk, "kind": "server", "label": "", "trusted_domains": ""}

    posted(project_admin, "projects_apikey_add", sent | {"label": "free", "rate_limit": ""})
    posted(project_admin, "projects_apikey_add", sent | {"label": "slow", "rate_limit": "60"})

    limits = ApiKey.objects.filter(project=project).values_list("label", "rate_limit")
    assert dict(limits) == {"free": None, "slow": 60}


@pytest.mark.parametrize(("typed", "limit"), [("", None), ("0", 0), ("90", 90)])
def test_a_keys_limit_is_changed_on_its_page(project_admin: Client, project: Project, typed: str, limit: int | None):
    key, _ = create_key(project, kind="server", label="Shop", rate_limit=60, by=TESTER)

    answer = posted(project_admin, "projects_apikey_limit", {"rate_limit": typed}, key.pk)

    key.refresh_from_db()
    assert (answer.status_code, key.rate_limit) == (302, limit)
    assert messages_of(project_admin) == ["The limit of the key “Shop” holds from its next request on."]


@pytest.mark.parametrize("typed", ["-1", "1000001", "1.5", "many"])
def test_a_limit_that_cannot_be_meant_is_told(project_admin: Client, project: Project, typed: str):
    key, _ = create_key(project, kind="server", rate_limit=60, by=TESTER)

    answer = posted(project_admin, "projects_apikey_limit", {"rate_limit": typed}, key.pk)

    key.refresh_from_db()
    assert list(errors_of(answer)) == ["rate_limit"]
    assert key.rate_limit == 60
