"""Waking up a loop that rests."""

import os
import select
from contextlib import suppress


class Bell:
    """Rung by threads and by signal handlers.

    A pipe and no threading.Event: a signal handler must not wait for a lock that what it interrupted may hold.
    """

    def __init__(self) -> None:
        self._bell, self._button = os.pipe()
        # A thread that rings where nobody listens any more is not to wait for ever.
        os.set_blocking(self._button, False)

    def ring(self) -> None:
        with suppress(BlockingIOError):  # it has been rung often enough
            os.write(self._button, b".")

    def wait(self, seconds: float) -> None:
        """Until it is rung, or so long."""
        rung, _, _ = select.select([self._bell], [], [], seconds)
        if rung:
            os.read(self._bell, 1024)
