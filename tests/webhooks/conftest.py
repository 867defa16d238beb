"""A receiver that really listens, for whatever is sent."""

from collections.abc import Iterator

import pytest

from tests.webhooks.receiver import Canary, Receiver, receiving


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as found:
        yield found


@pytest.fixture
def canary() -> Iterator[Canary]:
    found = Canary()
    with found.socket:
        yield found
