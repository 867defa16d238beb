"""How much a worker takes up at a time."""

import pytest

from outbox.lanes import BATCH_THREADS, LONG_SECONDS, MOST_BATCHES, THREADS, Lanes


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def filled(lanes, topic, count):
    return [lanes.enter(topic) for _ in range(count)]


def test_batches_and_single_messages_keep_no_room_from_one_another(clock):
    lanes = Lanes(clock)

    filled(lanes, "many", BATCH_THREADS)
    rooms = lanes.room("many"), lanes.room("note"), lanes.is_full()
    filled(lanes, "note", THREADS)

    assert (rooms, lanes.room("note"), lanes.is_full()) == ((0, THREADS, False), 0, True)


def test_batches_that_take_long_make_room_for_as_many_more_and_no_further(clock):
    lanes = Lanes(clock)
    filled(lanes, "many", BATCH_THREADS)
    clock.now = LONG_SECONDS

    after = [lanes.room("many")]
    filled(lanes, "many", BATCH_THREADS)
    after.append(lanes.room("many"))
    clock.now = 10 * LONG_SECONDS

    assert (after, lanes.room("many"), MOST_BATCHES) == ([8, 0], 0, 2 * BATCH_THREADS)


def test_who_leaves_makes_room_whoever_else_takes_long(clock):
    lanes = Lanes(clock)
    lanes.enter("many")
    clock.now = LONG_SECONDS
    places = filled(lanes, "many", BATCH_THREADS)

    full = lanes.room("many")
    lanes.leave(places[0])

    assert (full, lanes.room("many")) == (0, 8)


def test_messages_one_by_one_make_no_room_however_long_they_take(clock):
    lanes = Lanes(clock)
    filled(lanes, "note", THREADS)
    clock.now = 10 * LONG_SECONDS
    assert lanes.room("note") == 0


def test_of_a_topic_that_is_limited_no_more_batches_are_in_hand_however_long_they_take(clock):
    lanes = Lanes(clock)
    lanes.enter("one at a time")
    clock.now = 10 * LONG_SECONDS
    assert lanes.room("one at a time") == 0
