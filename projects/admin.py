"""The admin pages of projects, their members, keys and audit log, and of users."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangosUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from common.jsons import JsonValue, dumps
from common.theme import STYLESHEETS, AdminPasswordChangeForm, ModelAdmin, UserChangeForm, UserCreationForm
from projects.admin_forms import DomainsForm, KeyForm, LimitForm, MemberForm, ProjectForm, SigningForm
from projects.creation import FORMER_GOOD_FOR, SETTINGS, change_project, create_project, rotate_secrets
from projects.keys import change_domains, create_key, limit_key, revoke_keys
from projects.members import add_member, change_role, remove_member
from projects.models import CLIENT_SWITCHES, ApiKey, AuditEntry, KeyKind, Membership, Project, Role
from projects.pages import Panel, RowForm, RowPage, ask_first, page_context
from projects.scoping import KnownValuesFilter, ProjectFilter, ReadOnlyAdmin, ScopedAdmin, actor_of, adopt


def _rotate(request: HttpRequest, project: Project, form: SigningForm) -> str:
    asked = form.cleaned_data
    rotate_secrets(
        project,
        token=asked["rotate_token"],
        secret=asked["rotate_secret"],
        by=actor_of(request),
        now=datetime.now(UTC),
        former_good_for=timedelta(0) if asked["at_once"] else FORMER_GOOD_FOR,
    )
    return "What is sent from now on is signed with the new key. Give it to those who check signatures."


@admin.register(Project)
class ProjectAdmin(ScopedAdmin):
    change_role = Role.ADMIN
    row_pages = {
        "signing": RowPage(
            Role.ADMIN,
            SigningForm,
            "Keys of webhooks",
            "Replace",
            _rotate,
            "For 24 hours everything is signed with both keys, so that those who check can take up the new one in time.",
        )
    }
    form = ProjectForm
    list_display = ["name", "time_zone", "unknown_events", "members", "created_at"]
    search_fields = ["name", "slug"]
    ordering = ["name"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new project belongs to nobody yet, so only who runs the installation makes one."""
        return bool(request.user.is_active and request.user.is_superuser)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        events = ("unknown_events", "max_event_age_days")
        own = (("time_zone", "currency"), *(() if obj else ("case_sensitive_codes",)))
        return [
            (None, {"fields": ("name", "description", *own)}),
            ("Events", {"fields": events}),
            ("Deliveries", {"fields": (("quiet_start", "quiet_end"), ("fatigue_count", "fatigue_period"))}),
            ("What browsers and apps may do with a client key", {"fields": CLIENT_SWITCHES}),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(members_count=Count("memberships"))
        return rows

    @admin.display(ordering="members_count")
    def members(self, project: Any) -> int:
        return int(project.members_count)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            adopt(obj, change_project(obj, {name: form.cleaned_data[name] for name in SETTINGS}, by=actor_of(request)))
        else:
            adopt(obj, create_project(form.cleaned_data["name"], by=actor_of(request), **form.settings()))


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    add_role = change_role = delete_role = Role.ADMIN
    form = MemberForm
    list_display = ["user", "project", "role"]
    list_filter = [("project", ProjectFilter), "role"]
    list_select_related = ["user", "project"]
    search_fields = ["user__username", "user__first_name", "user__last_name", "user__email"]
    ordering = ["project__name", "user__username"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "project", "role") if obj else ("project", "username", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "project") if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            change_role(obj, form.cleaned_data["role"], by=actor_of(request))
        else:
            adopt(obj, add_member(obj.project, form.user, obj.role, by=actor_of(request)))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        remove_member(obj, by=actor_of(request))


def _revoke_one(request: HttpRequest, key: ApiKey, form: RowForm) -> str:
    revoke_keys([key], by=actor_of(request), now=datetime.now(UTC))
    return f"The key “{key}” opens nothing any more."


def _change_domains(request: HttpRequest, key: ApiKey, form: RowForm) -> str:
    change_domains(key, form.cleaned_data["trusted_domains"], by=actor_of(request))
    return f"The key “{key}” is good for these pages from now on."


def _limit_one(request: HttpRequest, key: ApiKey, form: LimitForm) -> str:
    limit_key(key, form.cleaned_data["rate_limit"], by=actor_of(request))
    return f"The limit of the key “{key}” holds from its next request on."


@admin.register(ApiKey)
class ApiKeyAdmin(ScopedAdmin):
    add_role = Role.ADMIN
    form = KeyForm
    list_display = ["shown_label", "key_id", "kind", "project", "state", "last_used_at", "created_at"]
    list_filter = [("project", ProjectFilter), "kind", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["project"]
    search_fields = ["label", "key_id"]
    ordering = ["-created_at"]
    actions = ["revoke"]
    row_pages = {
        "domains": RowPage(
            Role.ADMIN,
            DomainsForm,
            "Change the trusted domains",
            "Save",
            _change_domains,
            "Web pages of other domains are refused when they use this key.",
        ),
        "limit": RowPage(
            Role.ADMIN,
            LimitForm,
            "Limit its requests",
            "Set the limit",
            _limit_one,
            "Requests beyond the limit are answered 429 until the next minute begins. A batch is one request.",
        ),
        "revoke": RowPage(
            Role.ADMIN,
            RowForm,
            "Revoke this key",
            "Revoke",
            _revoke_one,
            "Whoever uses this key is refused from now on. A revoked key cannot be taken up again.",
        ),
    }

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        shown = ("project", "kind", "label", "trusted_domains", "rate_limit")
        return ("key_id", *shown, "created_at", "last_used_at", "revoked_at") if obj else shown

    @admin.display(description="label", ordering="label")
    def shown_label(self, key: ApiKey) -> str:
        return key.label or "(no label)"

    @admin.display(ordering="revoked_at")
    def state(self, key: ApiKey) -> str:
        return "Revoked" if key.is_revoked else "Active"

    def links(self, request: HttpRequest, obj: Any) -> Sequence[Any]:
        """Of a live key; only browsers come from domains."""
        if obj.is_revoked:
            return ()
        domains = self.url("domains", obj.pk)
        return [link for link in super().links(request, obj) if obj.kind == KeyKind.CLIENT or link.url != domains]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        asked = form.cleaned_data
        key, obj.token = create_key(
            asked["project"],
            kind=asked["kind"],
            label=asked["label"],
            trusted_domains=asked["trusted_domains"],
            rate_limit=asked["rate_limit"],
            by=actor_of(request),
        )
        adopt(obj, key)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The token, this once: only its hash is kept."""
        context = page_context(self, request, "The new key") | {"key": obj, "token": obj.token}
        return TemplateResponse(request, "admin/boon/new_key.html", context | {"back": self.url("changelist")})

    @admin.action(description="Revoke the chosen keys")
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> HttpResponse | None:
        own = self.writable(request, rows, Role.ADMIN).filter(revoked_at=None).select_related("project")
        if not own:
            self.message_user(request, "None of these keys can be revoked by you.", messages.WARNING)
            return None
        question = "Whoever uses these keys is refused from now on. A revoked key cannot be taken up again."
        page = ask_first(self, request, own, title="Revoke keys", question=question, submit="Revoke")
        if page is None:
            keys = list(own)
            revoke_keys(keys, by=actor_of(request), now=datetime.now(UTC))
            self.message_user(request, f"Revoked: {', '.join(map(str, keys))}.", messages.SUCCESS)
        return page


class ActorKindFilter(KnownValuesFilter):
    title = "kind of actor"
    parameter_name = "actor_kind"
    values = ("user", "key", "command", "worker")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "actor", "action", "target", "project"]
    list_filter = [("project", ProjectFilter), ActorKindFilter, ("created_at", admin.DateFieldListFilter)]
    list_select_related = ["project"]
    search_fields = ["actor", "action", "target_name", "target_id"]
    fields = ["created_at", "project", "actor_kind", "actor", "action", "target_type", "target_name", "target_id"]
    ordering = ["-id"]

    @admin.display(ordering="target_name")
    def target(self, entry: AuditEntry) -> str:
        return entry.target_name or entry.target_id

    def panels(self, request: HttpRequest, obj: Any) -> Sequence[Panel]:
        rows = [
            [path or "(all)", _shown(before), _shown(after)] for path, before, after in _changes(obj.before, obj.after)
        ]
        return [Panel("What changed", ["Field", "Before", "After"], rows, empty="No values were recorded.")]


ABSENT = object()


def _changes(before: JsonValue, after: JsonValue, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, before, after) of every leaf that differs; ABSENT where a side has none."""
    if isinstance(before, dict | list) or isinstance(after, dict | list):
        old, new = _parts(before), _parts(after)
        for name in dict.fromkeys([*old, *new]):
            where = f"{path}.{name}" if path else name
            yield from _changes(old.get(name, ABSENT), new.get(name, ABSENT), where)
    elif before != after:
        yield path, before, after


def _parts(value: Any) -> dict[str, Any]:
    """The children of a JSON value by name; those of a list by their own name where they have one, else by place."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return {}
    return {
        str(item["name"]) if isinstance(item, dict) and "name" in item else str(place): item
        for place, item in enumerate(value)
    }


def _shown(value: Any) -> str:
    return "–" if value is ABSENT or value is None else value if isinstance(value, str) else dumps(value)


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangosUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker alone
    """Accounts. What they may do is said by their memberships; so only who runs the installation comes here."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "is_active", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        (
            "May",
            {
                "fields": ("is_active", "is_staff", "is_superuser"),
                "description": "Staff may sign in here and see the projects of which they are a member.",
            },
        ),
    )
    add_fieldsets = ((None, {"fields": ("username", "usable_password", "password1", "password2", "is_staff")}),)

    class Media:
        css = {"all": STYLESHEETS}
        js = ("boon/admin.js",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)
