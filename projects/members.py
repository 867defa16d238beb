"""Who works in a project, and as what."""

from typing import Any

from django.db import IntegrityError, transaction

from common.refusals import Duplicate
from projects.audit import Actor, Target, record_change
from projects.models import Membership, Project


def add_member(project: Project, user: Any, role: str, *, by: Actor) -> Membership:
    """Raises Duplicate where the user is a member already."""
    try:
        with transaction.atomic():
            member = Membership.objects.create(project=project, user=user, role=role)
            record_change(project, by=by, action="member.added", target=_target(member), after={"role": role})
    except IntegrityError as error:
        raise Duplicate(f"{user.get_username()} is a member of this project already") from error
    return member


def change_role(member: Membership, role: str, *, by: Actor) -> Membership:
    with transaction.atomic():
        before = Membership.objects.select_for_update(of=("self",)).get(pk=member.pk).role
        member.role = role
        member.save(update_fields=["role"])
        if role != before:
            record_change(
                member.project,
                by=by,
                action="member.changed",
                target=_target(member),
                before={"role": before},
                after={"role": role},
            )
    return member


def remove_member(member: Membership, *, by: Actor) -> None:
    """The user keeps the account, and sees the project no longer."""
    with transaction.atomic():
        record_change(
            member.project, by=by, action="member.removed", target=_target(member), before={"role": member.role}
        )
        member.delete()


def _target(member: Membership) -> Target:
    return Target("member", str(member.pk), member.user.get_username())
