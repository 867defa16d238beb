"""Handlers for the topics of tests, which note what they were given."""

from typing import Any

import pytest

from tests.outbox.jobs import Broken, Note
from tests.outbox.settings import HANDLERS


@pytest.fixture(autouse=True)
def handlers(settings: Any) -> None:
    settings.OUTBOX_HANDLERS = HANDLERS | settings.OUTBOX_HANDLERS
    settings.ASYNC_ACTIONS = settings.ASYNC_ACTIONS | {"COUNT": "tests.outbox.jobs.count"}
    for noted in (Note.noted, Broken.parked, Broken.revived):
        noted.clear()
