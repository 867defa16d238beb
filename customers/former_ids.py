"""Ids that customers had before they came here: `cust_` and 24 letters or digits, which is longer than ours.

A company that moves here keeps them, so that what it has stored goes on to name its customers (`legacy_id`).
"""

from collections.abc import Sequence
from dataclasses import replace

from customers.models import Customer
from customers.profiles import FORMER_ID, Profile
from projects.models import Project


def is_former_id(text: object) -> bool:
    return isinstance(text, str) and FORMER_ID.match(text) is not None


def with_former_ids(project: Project, profiles: Sequence[Profile]) -> Sequence[Profile]:
    """The profiles, those that name a living customer by a former id with the key of that customer.

    One statement where any does, else none.
    """
    named = {position: name for position, profile in enumerate(profiles) if (name := _former_name(profile))}
    if not named:
        return profiles
    living = Customer.objects.filter(project=project, deleted_at=None, legacy_id__in=set(named.values()))
    keys = dict(living.values_list("legacy_id", "pk"))
    return [
        replace(profile, key=keys[named[position]]) if named.get(position) in keys else profile
        for position, profile in enumerate(profiles)
    ]


def _former_name(profile: Profile) -> str | None:
    if profile.key is not None:
        return None
    if profile.id is None:
        return profile.legacy_id
    return profile.id if is_former_id(profile.id) else None
