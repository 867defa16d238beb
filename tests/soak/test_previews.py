"""A preview over very many events takes no more memory than one over few."""

import tracemalloc
from datetime import timedelta

from events.against import Period, preview_against
from events.models import Event
from eventschema.proposing import proposed_snapshot
from tests.eventschema.schemas import specs_of
from tests.factories import CustomerFactory
from tests.world import NOW, a_definition

EVENTS = 100_000
MOST_BYTES = 20 * 1024 * 1024


def test_a_hundred_thousand_events_are_previewed_in_constant_memory(project):
    rated = a_definition(project, "rated", {"note": {"type": "string", "optional": True}})
    ben = CustomerFactory(project=project)
    events = (
        Event(
            project=project,
            definition=rated,
            version=1,
            name="rated",
            customer=ben,
            metadata={"note": f"{number}" * 100} if number % 10 else {},
            channel="API",
            group_id="",
            occurred_at=NOW + timedelta(seconds=number),
            received_at=NOW,
        )
        for number in range(EVENTS)
    )
    Event.objects.bulk_create(events, batch_size=1_000)
    proposed = proposed_snapshot(rated, specs_of({"note": {"type": "string", "optional": False}}))

    tracemalloc.start()
    found, _ = preview_against(rated, proposed, Period(after=NOW - timedelta(days=1)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (found.checked, found.would_reject, found.in_words()) == (EVENTS, 10_000, "10,000 of 100,000 (10 %)")
    assert peak < MOST_BYTES
