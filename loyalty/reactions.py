"""What loyalty does about events, and about who enters a segment."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from campaigns.codes import find_by_codes
from campaigns.kinds import Report
from campaigns.models import Voucher, VoucherType
from common.refusals import NotFound, Refusal
from customers.profiles import Profile
from events.chain import Batch, Draft, Effect, Inspection, Reaction, Skip, Undoing, Undone
from events.reasons import Reason
from loyalty.cards import CardName, held_cards, join
from loyalty.earning import Match, customers_of, match_rules, rules_of
from loyalty.ledger import Posting, in_range, post_entries
from loyalty.models import EntryKind, LoyaltyCard
from loyalty.reports import earned_report
from loyalty.reversal import close_unused, reverse_points
from loyalty.validating import only_valid
from projects.models import Project


class EarnPoints(Reaction):
    """Posts one ledger entry for every event or entry and every earning rule that match."""

    def __init__(self) -> None:
        # The programme of the card that an event names, by the code that it names it by.
        self.program_of_code: dict[str, UUID] = {}

    def inspect(self, project: Project, drafts: Sequence[Draft]) -> Inspection:
        """Refuses events that name an unknown card or somebody else's. One statement, none where no card is named."""
        named = {
            position: draft.payload.loyalty_code
            for position, draft in enumerate(drafts)
            if draft.payload.loyalty_code is not None
        }
        vouchers = find_by_codes(project, list(set(named.values())))
        cards = {code: voucher for code, voucher in vouchers.items() if voucher.type == VoucherType.LOYALTY_CARD}
        self.program_of_code = {code: voucher.campaign_id for code, voucher in cards.items() if voucher.campaign_id}
        refusals = {
            position: refusal
            for position, code in named.items()
            if (refusal := _card_refusal(cards.get(code), code, drafts[position].payload.customer))
        }
        return Inspection(refusals)

    def react(self, batch: Batch) -> Iterator[Effect | Skip]:
        """Five statements for a batch that earns, and those of `join` where cards are opened; none without a match.

        One more where a validation rule asks for segments, and where a segment was entered. Two where they are other
        customers than those who sent the events, and have a validation rule or no card.
        """
        matches, skips = match_rules(batch, rules_of(batch.project))
        yield from skips
        matches, skips = self._only_named_cards(matches)
        yield from skips
        matches, skips = only_valid(batch, matches)
        yield from skips
        if not matches:
            return
        cards, effects = _cards_for(batch, matches)
        yield from effects
        payable, skips = _payable(matches, cards)
        yield from skips
        entries = post_entries(batch.project, [posting for _, posting in payable], now=batch.now)
        for (match, posting), entry in zip(payable, entries, strict=True):
            if entry is not None:
                report = earned_report(entry, posting.card)
                yield Effect(report.kind, match.cause, report.customer_id, report.data)

    def undo(self, undoing: Undoing) -> Undone:
        """Reverses what rules paid, and closes the cards that the event opened and that are unused."""
        told = [Report(effect.kind, effect.customer_id, effect.data) for effect in undoing.effects]
        taken = reverse_points(undoing.project, told, EntryKind.EARN, now=undoing.now)
        taken += close_unused(undoing.project, told, now=undoing.now)
        effects = [Effect(report.kind, undoing.cause, report.customer_id, report.data) for report in taken.reports]
        return Undone(effects, taken.missing, taken.later)

    def _only_named_cards(self, matches: Sequence[Match]) -> tuple[list[Match], list[Skip]]:
        """An event that names a card earns on that card alone."""
        kept: list[Match] = []
        skips: list[Skip] = []
        for match in matches:
            code = match.cause.event.codes.get("loyalty") if match.cause.event else None
            if code is None or match.is_entry or self.program_of_code.get(code) == match.rule.program_id:
                kept.append(match)
            else:
                skips.append(_declined(match, Reason.OTHER_CARD))
        return kept, skips


def _card_refusal(voucher: Voucher | None, code: str, profile: Profile) -> Refusal | None:
    if voucher is None:
        return NotFound.of("voucher", code)
    holder = voucher.holder
    if profile.id is not None:
        is_holder = holder is not None and holder.pk == profile.key
    else:
        is_holder = holder is not None and holder.source_id is not None and holder.source_id == profile.source_id
    if is_holder:
        return None
    return Refusal("Customer must be a holder of a loyalty card.", key="invalid_customer", message="Invalid customer")


def _cards_for(batch: Batch, matches: Sequence[Match]) -> tuple[dict[CardName, LoyaltyCard], list[Effect]]:
    """The cards of the matches, opened where the programme lets its earners join, and what opening them made true."""
    programs = {match.rule.program_id: match.rule.program for match in matches}
    causes = {match.customer_id: match.cause for match in reversed(matches)}
    cards = held_cards(batch.project, programs, causes)
    missing = [match for match in matches if match.card_name not in cards and match.rule.program.campaign.auto_join]
    people = customers_of(missing)
    opened, reports = join(
        programs, [(match.rule.program_id, people[match.customer_id]) for match in missing], now=batch.now
    )
    effects = [Effect(report.kind, causes[report.customer_id], report.customer_id, report.data) for report in reports]
    return cards | opened, effects


def _payable(
    matches: Sequence[Match], cards: dict[CardName, LoyaltyCard]
) -> tuple[list[tuple[Match, Posting]], list[Skip]]:
    """What is to be posted for which match, and the skips of those without a card or beyond what a card can hold."""
    skips = [_declined(match, Reason.NO_CARD) for match in matches if match.card_name not in cards]
    pairs = [(match, _posting(match, cards[match.card_name])) for match in matches if match.card_name in cards]
    fitting = in_range(posting for _, posting in pairs)
    skips += [
        _declined(match, Reason.POINTS_OUT_OF_RANGE) for (match, _), fit in zip(pairs, fitting, strict=True) if not fit
    ]
    return [pair for pair, fit in zip(pairs, fitting, strict=True) if fit], skips


def _posting(match: Match, card: LoyaltyCard) -> Posting:
    cause = match.cause
    return Posting(
        card,
        EntryKind.EARN,
        match.points,
        source=f"{cause.kind}:{cause.id}:rule:{match.rule.id}",
        event_id=cause.event.id if cause.event else cause.about_event,
        rule_id=match.rule.id,
        # A cause may bring somebody in twice, out in between: it pays once.
        is_first=not match.is_entry,
    )


def _declined(match: Match, reason: Reason) -> Skip:
    return Skip(match.cause, "earning_rule", match.rule.public_id, reason)
