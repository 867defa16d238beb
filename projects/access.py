"""What a signed-in user may do in which project. Django's own permission tables play no part."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest

from projects.models import Membership, Project, Role

RANKS = {Role.VIEWER: 0, Role.MARKETER: 1, Role.ADMIN: 2}


class Access:
    """The roles of one user: one statement, none for a superuser, who may do everything everywhere."""

    def __init__(self, user: Any) -> None:
        self.is_superuser: bool = user.is_active and user.is_superuser
        is_member = user.is_active and not self.is_superuser
        memberships = Membership.objects.filter(user=user).values_list("project_id", "role") if is_member else ()
        self._roles: dict[UUID, Role] = {project_id: Role(role) for project_id, role in memberships}

    def may(self, role: Role, project_id: UUID | None) -> bool:
        """Whether the user has at least that role in the project."""
        if self.is_superuser:
            return True
        own = self._roles.get(project_id) if project_id else None
        return own is not None and RANKS[own] >= RANKS[role]

    def may_anywhere(self, role: Role) -> bool:
        return self.is_superuser or any(RANKS[own] >= RANKS[role] for own in self._roles.values())

    def project_ids(self, role: Role = Role.VIEWER) -> Collection[UUID] | None:
        """The projects in which the user has at least that role; None means all of them."""
        if self.is_superuser:
            return None
        return [project_id for project_id, own in self._roles.items() if RANKS[own] >= RANKS[role]]

    def narrow(self, rows: Any, lookup: str, role: Role = Role.VIEWER) -> Any:
        """The queryset `rows`, kept to the user's projects; `lookup` leads from a row to its project's key."""
        ids = self.project_ids(role)
        return rows if ids is None else rows.filter(**{f"{lookup}__in": ids})


def access_of(request: HttpRequest) -> Access:
    """The access of the request's user, read once a request."""
    kept: Access | None = getattr(request, "boon_access", None)
    if kept is None:
        kept = Access(request.user)
        request.boon_access = kept  # type: ignore[attr-defined]  # where Django keeps what belongs to a request
    return kept


def asked_project(request: HttpRequest, role: Role) -> Project | None:
    """The project that `?project=` names by its key; None where there is none in which the user has that role."""
    try:
        key = UUID(request.GET.get("project", ""))
    except ValueError:
        return None
    found: Project | None = access_of(request).narrow(Project.objects.filter(pk=key), "pk", role).first()
    return found


def project_lookup(model: type[Model]) -> str | None:
    """The lookup from a row of `model` to its project's key; None for what belongs to no project (users)."""
    if model is Project:
        return "pk"
    return "project" if any(field.name == "project" for field in model._meta.fields) else None


def project_id_of(row: Any) -> UUID:
    key: UUID = row.pk if isinstance(row, Project) else row.project_id
    return key
