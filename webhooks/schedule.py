"""When a send-out that was not taken is tried again (contract h.2; docs/algorithms/deliveries.md). Pure."""

from datetime import datetime, timedelta

# After the first attempt: 1, 2, 4 … 512 minutes, 17 h 4 and 24 h.
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (*(2**power for power in range(11)), 24 * 60))
MOST_ATTEMPTS = 1 + len(RETRIES)
# Where the worker was away and several are overdue, the receiver is given at least so long between two.
SHORTEST_PAUSE = timedelta(minutes=1)
# No receiver can ask for a longer one.
LONGEST_ASKED = timedelta(hours=1)


def next_attempt_at(first: datetime, attempts: int, now: datetime, asked: timedelta | None) -> datetime | None:
    """After so many attempts, the last of them at `now`; None where it is given up.

    `asked` is how long the receiver asks to be left alone; it makes an attempt later, never earlier.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    at = max(first + RETRIES[attempts - 1], now + SHORTEST_PAUSE)
    return max(at, now + min(asked, LONGEST_ASKED)) if asked else at
