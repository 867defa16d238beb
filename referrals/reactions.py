"""What referrals do about events."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from campaigns.codes import find_by_codes
from campaigns.kinds import Report, TakenBack, take_back
from campaigns.models import Voucher
from common.ids import public_id
from common.refusals import NotFound
from events.chain import Batch, Cause, Draft, Effect, Inspection, Reaction, Skip, Undoing, Undone
from events.reasons import Reason
from projects.models import Project
from referrals.attribution import decline_reason, programs_of
from referrals.conversions import Candidate, pay_conversions, record_conversions
from referrals.validating import are_valid
from referrals.voiding import declined_since, revoked_rewards, void_conversions


class ConvertReferrals(Reaction):
    """Converts the referral codes that events bring, and rewards both sides."""

    def __init__(self) -> None:
        self.vouchers: dict[str, Voucher] = {}

    def inspect(self, project: Project, drafts: Sequence[Draft]) -> Inspection:
        """Refuses unknown codes, and names the referrers to lock. One statement, none where no code is brought."""
        brought = {
            position: draft.payload.referral_code
            for position, draft in enumerate(drafts)
            if draft.payload.referral_code is not None
        }
        self.vouchers = find_by_codes(project, list(set(brought.values())))
        refusals = {
            position: NotFound.of("voucher", code) for position, code in brought.items() if code not in self.vouchers
        }
        referrers = {voucher.holder_id for voucher in self.vouchers.values() if voucher.holder_id is not None}
        return Inspection(refusals, frozenset(referrers))

    def react(self, batch: Batch) -> Iterator[Effect | Skip]:
        """A fixed number of statements for a batch that converts; none where no event brings a code."""
        candidates, skips = self._candidates(batch)
        yield from skips
        candidates, skips = _only_valid(batch, candidates)
        yield from skips
        if not candidates:
            return
        conversions = record_conversions(batch.project, candidates, now=batch.now)
        converted = [
            (candidate, conversions[candidate.cause.id])
            for candidate in candidates
            if candidate.cause.id in conversions
        ]
        yield from pay_conversions(batch.project, converted, now=batch.now)
        for candidate in candidates:
            if candidate.cause.id not in conversions:
                yield _declined(candidate.cause, candidate.voucher.code, Reason.ALREADY_REFERRED)

    def undo(self, undoing: Undoing) -> Undone:
        """Voids the event's conversion, and takes the rewards of both sides back through their kinds."""
        told = [Report(effect.kind, effect.customer_id, effect.data) for effect in undoing.effects]
        conversions, voided = void_conversions(undoing.project, told)
        revoked = revoked_rewards(told)
        taken = take_back(undoing.project, told, now=undoing.now) if revoked else TakenBack()
        reports = [*voided, *revoked, *taken.reports]
        effects = [Effect(report.kind, undoing.cause, report.customer_id, report.data) for report in reports]
        return Undone(effects, taken.missing, [*declined_since(undoing, conversions), *taken.later])

    def _candidates(self, batch: Batch) -> tuple[list[Candidate], list[Skip]]:
        """Pure: the causes whose code converts by the rules, and the skips of the others."""
        candidates: list[Candidate] = []
        skips: list[Skip] = []
        for cause in batch.causes:
            code = cause.event.codes.get("referral") if cause.event else None
            if code is None:
                continue
            voucher = self.vouchers[code]
            rules = programs_of(batch.project).get(voucher.campaign_id) if voucher.campaign_id else None
            reason = decline_reason(cause, voucher, rules)
            if reason is None and rules is not None:
                candidates.append(Candidate(cause, voucher, rules))
            elif reason is not None:
                skips.append(_declined(cause, code, reason))
        return candidates, skips


def _only_valid(batch: Batch, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Skip]]:
    answers = are_valid(batch, candidates)
    failed = [candidate for candidate, holds in zip(candidates, answers, strict=True) if not holds]
    skips = [_invalid(item, item.rules.ruled_by) for item in failed if item.rules.ruled_by]
    return [candidate for candidate, holds in zip(candidates, answers, strict=True) if holds], skips


def _invalid(item: Candidate, ruled_by: UUID) -> Skip:
    return Skip(item.cause, "referral", item.voucher.code, Reason.CONDITION_NOT_MET, public_id("val", ruled_by))


def _declined(cause: Cause, code: str, reason: Reason) -> Skip:
    return Skip(cause, "referral", code, reason)
