"""Finding a project by what operators call it."""

from django.core.management.base import CommandError

from common.ids import parse_public_id
from projects.models import Project


def find_project(name: str) -> Project:
    """By public id or slug. Raises CommandError."""
    key = parse_public_id("proj", name)
    found = Project.objects.filter(pk=key).first() if key else Project.objects.filter(slug=name).first()
    if found is None:
        raise CommandError(f"There is no project {name}")
    return found
