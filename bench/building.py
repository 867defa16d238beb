"""What the builder section opens: a marketer's session, and definitions of 99 and of 100 properties.

Import it only after `django.setup()`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from bench.worldbuilding import BENCH
from eventschema.models import MOST_PROPERTIES
from eventschema.property_types import PROPERTY_TYPES
from eventschema.publishing import DefinitionChange, create_definition
from eventschema.spec import PropertySpec
from projects.models import Membership, Project, Role


def main(arguments: Sequence[str]) -> dict[str, str]:
    """{"session", "full", "almost"}: the cookie's value, and the paths of both pages."""
    project = Project.objects.get()
    user = get_user_model().objects.create_user("marketer", is_staff=True)
    Membership.objects.create(user=user, project=project, role=Role.MARKETER)
    client = Client()
    client.force_login(user)
    return {
        "session": client.cookies["sessionid"].value,
        "full": _page_of(project, MOST_PROPERTIES),
        "almost": _page_of(project, MOST_PROPERTIES - 1),
    }


def _page_of(project: Project, count: int) -> str:
    """The page of a definition with so many properties, of every type in turn."""
    kinds = list(PROPERTY_TYPES)
    specs = [PropertySpec(f"property_{number}", kinds[number % len(kinds)]) for number in range(count)]
    name = f"with_{count}"
    definition = create_definition(project, name, DefinitionChange(specs), by=BENCH, now=datetime.now(UTC))
    return reverse("admin:eventschema_eventdefinition_change", args=[definition.pk])
