"""Changes of customers outside an event: the same resolution, the same chain."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError

from common.ids import uuid7
from common.refusals import Duplicate, NotFound
from common.transactions import run_in_transaction
from customers.models import Customer
from customers.profiles import Profile
from customers.resolution import resolve_customers
from events.chain import Cause, run_chain
from events.customer_metadata import metadata_check, refusals_of
from events.recording import profile_effects
from projects.audit import Actor
from projects.models import Project


def upsert_customers(
    project: Project, profiles: Sequence[Profile], *, group_id: str, now: datetime, by: Actor | None = None
) -> list[Customer]:
    """Create or update customers, all or none, in order; what changed goes through the chain.

    Raises NotFound where a profile names an id that this project does not have, Duplicate where its former id is that
    of somebody else, MetadataInvalid where metadata does not fit the project's schema of customers.
    """
    try:
        return run_in_transaction(lambda: _upsert(project, profiles, by, group_id, now))
    except IntegrityError as error:
        # Another request gave the same former id to somebody else at the same moment.
        raise Duplicate.of("customer", next((item.legacy_id for item in profiles if item.legacy_id), "")) from error


def _upsert(
    project: Project, profiles: Sequence[Profile], by: Actor | None, group_id: str, now: datetime
) -> list[Customer]:
    check = metadata_check(project, "metadata")
    people = resolve_customers(project, profiles, now=now, admits=check)
    for refusal in refusals_of(check).values():
        raise refusal
    found = []
    for profile, person in zip(profiles, people, strict=True):
        if person is None and profile.id is None:
            raise Duplicate.of("customer", profile.legacy_id or "")
        if person is None:
            raise NotFound.of("customer", profile.id or "")
        found.append(person)
    effects = [
        effect
        for person in found
        for effect in profile_effects(Cause("customer.updated", uuid7(), now, person.customer.pk), person)
    ]
    run_chain(project, [effect.cause for effect in effects], now=now, group_id=group_id, by=by, already=effects)
    return [person.customer for person in found]
