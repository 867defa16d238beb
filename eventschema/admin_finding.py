"""The definition that a page of its own is about."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from eventschema.models import EventDefinition
from projects.access import access_of
from projects.models import Role


def find_definition(request: HttpRequest, definition_id: UUID, role: Role = Role.VIEWER) -> EventDefinition:
    """With its project. Raises Http404 for one that the user does not see, PermissionDenied for one in which they
    have less than the role.
    """
    access = access_of(request)
    definitions = EventDefinition.objects.select_related("project").filter(pk=definition_id, deleted_at=None)
    definition: EventDefinition | None = access.narrow(definitions, "project").first()
    if definition is None:
        raise Http404
    if not access.may(role, definition.project_id):
        raise PermissionDenied
    return definition
