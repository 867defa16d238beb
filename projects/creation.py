"""Making and changing projects."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from common.refusals import FieldError, InvalidPayload
from projects.audit import Actor, Target, record_change
from projects.models import CLIENT_SWITCHES, Project
from projects.webhook_secrets import new_webhook_secret, new_webhook_token

# case_sensitive_codes is not among them: it decides how stored codes compare, so it is fixed when a project is made.
SETTINGS = (
    "name",
    "description",
    "currency",
    "time_zone",
    "unknown_events",
    "max_event_age_days",
    *CLIENT_SWITCHES,
    "quiet_hours",
    "fatigue",
)


# Long enough for whoever receives deliveries to take up the new key.
FORMER_GOOD_FOR = timedelta(hours=24)


def create_project(name: str, *, by: Actor, **settings: Any) -> Project:
    """A new project with a slug of its own. Raises InvalidPayload naming every wrong setting."""
    project = Project(name=name, slug=_free_slug(name), **settings)
    _validate(project)
    with transaction.atomic():
        project.save(force_insert=True)
        record_change(project, by=by, action="project.created", target=_target(project), after=_settings(project))
    return project


def change_project(project: Project, settings: Mapping[str, Any], *, by: Actor) -> Project:
    """Changes the settings named in SETTINGS, leaving the rest. Raises InvalidPayload naming every wrong one."""
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        before, fixed = _settings(project), _fixed_errors(project, settings)
        for name, value in settings.items():
            setattr(project, name, value)
        _validate(project, fixed)
        project.save(update_fields=list(SETTINGS))
        after = _settings(project)
        if after != before:
            record_change(
                project, by=by, action="project.updated", target=_target(project), before=before, after=after
            )
    return project


def rotate_secrets(
    project: Project,
    *,
    token: bool = False,
    secret: bool = False,
    by: Actor,
    now: datetime,
    former_good_for: timedelta = FORMER_GOOD_FOR,
) -> Project:
    """Replaces one or both of the keys that deliveries are signed with. The audit log names no value.

    The former ones sign beside the new ones for that long; zero where they are no secret any more.
    """
    new = {"webhook_token": new_webhook_token} if token else {}
    new |= {"webhook_secret": new_webhook_secret} if secret else {}
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        for name, make in new.items():
            former = {f"former_{name}": getattr(project, name), f"former_{name}_until": now + former_good_for}
            for column, value in {name: make(), **former}.items():
                setattr(project, column, value)
            project.save(update_fields=[name, *former])
            record_change(project, by=by, action=f"project.{name}_rotated", target=_target(project))
    return project


def _settings(project: Project) -> dict[str, Any]:
    return {name: getattr(project, name) for name in SETTINGS}


def _fixed_errors(project: Project, settings: Mapping[str, Any]) -> list[FieldError]:
    """Stored codes were compared by it when they were made, so whether case counts cannot change any more."""
    asked = settings.get("case_sensitive_codes", project.case_sensitive_codes)
    if asked == project.case_sensitive_codes:
        return []
    message = "case_sensitive_codes: is decided when a project is made, and cannot be changed"
    return [FieldError("case_sensitive_codes", "fixed", message, asked)]


def _validate(project: Project, found: Sequence[FieldError] = ()) -> None:
    errors = list(found)
    try:
        project.full_clean(exclude=["slug"])
    except ValidationError as error:
        errors += [
            FieldError(name, "invalid", f"{name}: {' '.join(messages)}", getattr(project, name, None))
            for name, messages in error.message_dict.items()
        ]
    if errors:
        raise InvalidPayload.of(errors)


def _free_slug(name: str) -> str:
    base = slugify(name)[:70] or "project"
    taken = set(Project.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return base if base not in taken else next(f"{base}-{n}" for n in range(2, 10**6) if f"{base}-{n}" not in taken)


def _target(project: Project) -> Target:
    return Target("project", project.public_id, project.name)
