"""The chain runs in rounds: causes first, then what came of them, then what came of that."""

from dataclasses import replace

import pytest

from common.ids import uuid7
from events.chain import Cause, Effect, Reaction, Skip, run_chain
from events.models import StoredEffect
from events.reasons import Reason
from tests.factories import CustomerFactory
from tests.world import NOW


class Recording(Reaction):
    """Answers each round by `answer(batch)`, and remembers what it was given."""

    def __init__(self, answer=lambda batch: ()):
        self.answer = answer
        self.rounds = []

    def react(self, batch):
        self.rounds.append(([cause.kind for cause in batch.causes], [effect.kind for effect in batch.effects]))
        return self.answer(batch)


@pytest.fixture
def cause(project):
    return Cause("event", uuid7(), NOW, CustomerFactory(project=project).pk)


def run(project, cause, *reactions, already=()):
    return run_chain(project, [cause], now=NOW, group_id="v-1", reactions=reactions, already=already)


def follow_up(kind, by):
    """A reaction's answer: for each effect of kind `by` one of `kind`."""
    return lambda batch: [
        Effect(kind, effect.cause, effect.customer_id) for effect in batch.effects if effect.kind == by
    ]


def stored(cause):
    return list(StoredEffect.objects.filter(cause_id=cause.id).order_by("seq").values_list("seq", "kind", "data"))


def test_where_nothing_happens_there_is_one_round_and_nothing_is_stored(project, cause):
    reaction = Recording()

    journal = run(project, cause, reaction)

    assert (reaction.rounds, journal.effects_of(cause.id), stored(cause)) == ([(["event"], [])], [], [])


def test_effects_of_a_round_are_handed_to_every_reaction_in_the_next(project, cause):
    first = Recording(lambda batch: [Effect("one", found, found.customer_id) for found in batch.causes])
    second = Recording(follow_up("two", by="one"))

    journal = run(project, cause, first, second)

    assert first.rounds == second.rounds == [(["event"], []), ([], ["one"]), ([], ["two"])]
    assert [effect.kind for effect in journal.effects_of(cause.id)] == ["one", "two"]


def test_reactions_act_in_their_order_within_a_round(project, cause):
    answers = [
        Recording(lambda batch, kind=kind: [Effect(kind, found, found.customer_id) for found in batch.causes])
        for kind in ("one", "two", "three")
    ]

    journal = run(project, cause, *answers)

    assert [effect.kind for effect in journal.effects_of(cause.id)] == ["one", "two", "three"]


def test_what_happened_on_the_way_is_seen_in_the_second_round(project, cause):
    reaction = Recording()

    run(project, cause, reaction, already=[Effect("customer.created", cause, cause.customer_id)])

    assert reaction.rounds == [(["event"], []), ([], ["customer.created"])]


def test_a_chain_without_end_is_stopped_after_four_rounds(project, cause, caplog):
    endless = Recording(lambda batch: [Effect("again", cause, cause.customer_id)])

    journal = run(project, cause, endless)

    assert endless.rounds == [(["event"], []), *[([], ["again"])] * 3]
    assert [effect.kind for effect in journal.effects_of(cause.id)] == ["again"] * 4
    assert [skip.as_json() for skip in journal.skips_of(cause.id)] == [
        {"kind": "chain", "id": "again", "reason": "depth_limit"}
    ]
    assert caplog.messages == [f"chain stopped after 4 rounds at again of {cause.id}"]


def test_what_is_left_at_the_end_is_settled_by_every_reaction(project, cause):
    class Settling(Recording):
        def settle(self, batch):
            self.settled = [effect.kind for effect in batch.effects]

    endless, other = (Settling(lambda batch: [Effect("again", cause, cause.customer_id)]), Settling())
    ending = Settling(lambda batch: [Effect("once", found, found.customer_id) for found in batch.causes])

    run(project, cause, endless, other)
    run(project, replace(cause, id=uuid7()), ending)

    assert (endless.settled, other.settled, hasattr(ending, "settled")) == (["again"], ["again"], False)


def test_effects_are_stored_in_order_with_their_data(project, cause):
    other = CustomerFactory(project=project)
    reaction = Recording(
        lambda batch: [Effect("points.earned", found, found.customer_id, {"points": 10}) for found in batch.causes]
    )

    run(project, cause, reaction, already=[Effect("customer.created", cause, other.pk)])

    assert stored(cause) == [(0, "customer.created", {}), (1, "points.earned", {"points": 10})]
    row = StoredEffect.objects.get(seq=0)
    assert (row.project, row.customer, row.cause_kind, row.event_id, row.group_id, row.created_at) == (
        project,
        other,
        "event",
        None,
        "v-1",
        NOW,
    )


def test_skips_are_stored_in_one_row_at_most_fifty_of_them(project, cause):
    skips = [Skip(cause, "earning_rule", f"rule {n}", Reason.RULE_INACTIVE) for n in range(60)]

    journal = run(project, cause, Recording(lambda batch: skips if batch.causes else ()))

    assert journal.skips_of(cause.id) == skips
    assert stored(cause) == [(0, "reactions.declined", {"skipped": [skip.as_json() for skip in skips[:50]]})]


def test_causes_do_not_mix(project, cause):
    other = Cause("event", uuid7(), NOW, CustomerFactory(project=project).pk)
    reaction = Recording(
        lambda batch: [Effect(str(number), found, found.customer_id) for number, found in enumerate(batch.causes)]
    )

    journal = run_chain(project, [cause, other], now=NOW, group_id="", reactions=[reaction])

    assert [effect.kind for effect in journal.effects_of(cause.id)] == ["0"]
    assert [effect.kind for effect in journal.effects_of(other.id)] == ["1"]
    assert [stored(found) for found in (cause, other)] == [[(0, "0", {})], [(0, "1", {})]]


@pytest.mark.parametrize("count", [1, 50])
def test_a_chain_is_kept_by_one_statement(project, count, django_assert_num_queries):
    causes = [Cause("event", uuid7(), NOW, CustomerFactory(project=project).pk) for _ in range(count)]
    reaction = Recording(lambda batch: [Effect("one", found, found.customer_id) for found in batch.causes])

    with django_assert_num_queries(1):
        run_chain(project, causes, now=NOW, group_id="", reactions=[reaction])
