"""Who uses a campaign from outside of it. Users register by path: this floor knows none of them."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from campaigns.models import Campaign
from common.refusals import InUse
from projects.audit import Actor


class CampaignUser(ABC):
    """One kind of thing that uses campaigns; registered in `settings.CAMPAIGN_USERS`."""

    @abstractmethod
    def users_of(self, campaign: Campaign) -> Sequence[str]:
        """What of its own needs the campaign, in words: "referral campaign 'Friends'"; one statement."""

    @abstractmethod
    def let_go(self, campaign: Campaign, *, by: Actor, now: datetime) -> None:
        """Ends that use, in the transaction that deletes the campaign in spite of it."""


def campaign_users() -> Iterator[CampaignUser]:
    for path in settings.CAMPAIGN_USERS:
        user: CampaignUser = import_string(path)()
        yield user


def end_use(campaign: Campaign, *, force: bool, by: Actor, now: datetime) -> None:
    """For a locked campaign that is about to be deleted. Raises InUse naming every user; with `force` each lets go."""
    users = [(user, words) for user in campaign_users() if (words := user.users_of(campaign))]
    if users and not force:
        named = ", ".join(word for _, words in users for word in words)
        raise InUse(
            f"Resource campaign with id {campaign.public_id} is in use by {named}",
            resource_type="campaign",
            resource_id=campaign.public_id,
        )
    for user, _ in users:
        user.let_go(campaign, by=by, now=now)


def hold_campaigns(keys: Collection[UUID]) -> set[UUID]:
    """Those of the campaigns that live, which cannot be deleted before the transaction ends; one statement.

    Lock campaigns before what uses them: their deletion does, too.
    """
    rows = Campaign.objects.select_for_update(no_key=True).filter(pk__in=keys, deleted_at=None)
    return set(rows.order_by("pk").values_list("pk", flat=True))
