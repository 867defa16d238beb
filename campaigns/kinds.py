"""What a kind of voucher can do, by dotted path: campaigns know neither loyalty nor referrals.

`settings.VOUCHER_KINDS` lists the kinds. A kind answers for the vouchers of its campaigns' type: what is to be done
when one is published, how it is shown, and – for rewards – how to give an amount to customers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from campaigns.models import HolderRole, Publication, Voucher
from common.jsons import JsonObject, JsonValue
from common.refusals import Refusal
from projects.audit import Actor
from projects.models import Project


@dataclass(frozen=True, slots=True)
class Report:
    """Something that became true while a kind was at work; whoever called turns it into an effect."""

    kind: str
    customer_id: UUID
    data: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Grant:
    """An amount to be given to a customer in a campaign, once for its `source`."""

    reward_type: str  # "LOYALTY_CARD": points
    campaign_id: UUID
    customer_id: UUID
    amount: int
    source: str
    event_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What came of a grant: whether it was given now, what else became true, and why it could not be given.

    `problem` is a reason word (`no_card`, `points_out_of_range`); a source that was paid before is none. `card` is the
    code on which it was given, where it went to one.
    """

    grant: Grant
    is_new: bool
    reports: Sequence[Report] = field(default_factory=tuple)
    problem: str = ""
    card: str | None = None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What taking rewards back came to: what became true, points that were spent already, and what was decided later
    on the strength of what is taken back (docs/algorithms/voiding.md has the fields).
    """

    reports: Sequence[Report] = ()
    missing: int = 0
    later: Sequence[JsonObject] = ()

    def __add__(self, other: "TakenBack") -> "TakenBack":
        return TakenBack([*self.reports, *other.reports], self.missing + other.missing, [*self.later, *other.later])


@dataclass(frozen=True, slots=True)
class Balance:
    """What a change of a balance came to (contract f.6): what was added, all that ever came in, and what there is."""

    amount: int
    total: int
    balance: int
    type: str  # "gift_voucher", "loyalty_card"


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """An amount to be added to a code's balance by hand, or taken from it; `source_id` is the sender's id of it."""

    amount: int
    reason: str = ""
    source_id: str | None = None


class VoucherKind:
    """A kind of voucher. Every method takes lists and asks the database a fixed number of times."""

    campaign_type: ClassVar[str]
    holder_role: ClassVar[str] = HolderRole.OWNER
    # The type of reward that `give` pays, where the kind can be given as a reward.
    reward_type: ClassVar[str] = ""

    def on_published(self, publications: Sequence[Publication], *, now: datetime) -> Mapping[UUID, Sequence[Report]]:
        """Called in the publications' transaction, the customers locked; what became true, by publication key."""
        return {}

    def describe(self, vouchers: Sequence[Voucher]) -> Mapping[UUID, JsonObject]:
        """What the contract's voucher object shows of this kind, by voucher key; nothing for what the base shows."""
        return {}

    def used(self, vouchers: Sequence[Voucher]) -> Collection[UUID]:
        """The keys of those with which something was done since they were published."""
        return ()

    def adjust(self, voucher: Voucher, change: BalanceChange, *, by: Actor, group_id: str, now: datetime) -> Balance:
        """Changes the balance of one code. Raises Refusal, as do kinds that have none."""
        raise Refusal(
            f"A voucher of type {voucher.type} has no balance",
            key="invalid_voucher",
            message="Invalid Voucher",
        )

    def give(self, project: Project, grants: Sequence[Grant], *, now: datetime) -> list[Given]:
        """Pays grants of `reward_type`, in order; the customers are locked. A source is paid once."""
        raise TypeError(f"{type(self).__name__} is no reward")

    def take_back(self, project: Project, told: Sequence[Report], *, now: datetime) -> TakenBack:
        """Reverses the rewards among `told`, what one event made true; the customers are locked."""
        return TakenBack()


@cache
def voucher_kinds() -> dict[str, VoucherKind]:
    """Every kind by the type of its campaigns."""
    kinds = [import_string(path)() for path in settings.VOUCHER_KINDS]
    return {kind.campaign_type: kind for kind in kinds}


def kind_of(voucher: Voucher) -> VoucherKind:
    """The kind of a code whose campaign is loaded."""
    return voucher_kinds().get(voucher.campaign_type) or VoucherKind()


def give(project: Project, grants: Sequence[Grant], *, now: datetime) -> list[Given]:
    """Pays every grant through the kind that its reward type belongs to; results in the order of the grants."""
    kinds = {kind.reward_type: kind for kind in voucher_kinds().values() if kind.reward_type}
    by_type: defaultdict[str, list[Grant]] = defaultdict(list)
    for grant in grants:
        by_type[grant.reward_type].append(grant)
    given = {
        result.grant: result
        for reward_type, group in by_type.items()
        for result in kinds[reward_type].give(project, group, now=now)
    }
    return [given[grant] for grant in grants]


def take_back(project: Project, told: Sequence[Report], *, now: datetime) -> TakenBack:
    """Takes back, through every kind, the rewards that one event gave; `told` is all that it made true, in order."""
    taken = TakenBack()
    for kind in voucher_kinds().values():
        taken += kind.take_back(project, told, now=now)
    return taken


def used_codes(vouchers: Iterable[Voucher]) -> set[UUID]:
    """The keys of the vouchers that are in use, as their kinds say (each is asked once)."""
    by_type: defaultdict[str, list[Voucher]] = defaultdict(list)
    for voucher in vouchers:
        by_type[voucher.campaign_type].append(voucher)
    return {key for group in by_type.values() for key in kind_of(group[0]).used(group)}


def describe(vouchers: Iterable[Voucher]) -> dict[UUID, JsonObject]:
    """What the kinds show of these vouchers, by voucher key (each kind is asked once)."""
    by_type: defaultdict[str, list[Voucher]] = defaultdict(list)
    for voucher in vouchers:
        by_type[voucher.campaign_type].append(voucher)
    described: dict[UUID, JsonObject] = {}
    for campaign_type, group in by_type.items():
        kind = voucher_kinds().get(campaign_type)
        if kind is not None:
            described.update(kind.describe(group))
    return described
