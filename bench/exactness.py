"""What must hold after the load, whatever its speed: nothing lost, nothing twice, every sum right.

Import it only after `django.setup()`.
"""

from collections.abc import Iterable, Iterator

from django.db.models import F, Sum

from bench.cases import Sample
from bench.world import POINTS
from events.models import Event, StoredEffect
from loyalty.models import LedgerEntry, LoyaltyCard


def problems(samples: Iterable[Sample]) -> list[str]:
    """One sentence for everything that is wrong; none after a sound run."""
    return [*_of_samples(samples), *_of_database()]


def _of_samples(samples: Iterable[Sample]) -> Iterator[str]:
    for sample in samples:
        name = f"{sample.case} at {sample.connections} connections"
        if sample.failed:
            yield f"{name}: {sample.failed} answers were no 2xx or never came"
        if not sample.answered:
            yield f"{name}: nothing was answered"
        # When time is up each connection may have one request under way that is stored and not answered any more.
        if sample.stored is not None and not 0 <= sample.stored - sample.answered <= sample.connections:
            yield f"{name}: {sample.answered} events were answered and {sample.stored} stored"


def _of_database() -> Iterator[str]:
    """The floor's events and the endpoint's are alike, so these hold for both together."""
    events = Event.objects.count()
    cards = LoyaltyCard.objects.aggregate(balance=Sum("balance"), lifetime=Sum("lifetime"))
    points = LedgerEntry.objects.aggregate(points=Sum("points"))["points"]
    if LedgerEntry.objects.count() != events:
        yield f"{events} events made {LedgerEntry.objects.count()} ledger entries"
    if not cards["balance"] == cards["lifetime"] == points == events * POINTS:
        yield f"{events} events of {POINTS} points made entries of {points} and balances of {cards['balance']}"
    wrong_cards = LoyaltyCard.objects.annotate(posted=Sum("entries__points", default=0)).exclude(posted=F("balance"))
    if wrong_cards.exists():
        yield f"{wrong_cards.count()} cards do not hold the sum of their entries"
    if StoredEffect.objects.count() != 2 * events:
        yield f"{events} events made {StoredEffect.objects.count()} effects instead of two each"
