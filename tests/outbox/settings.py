"""The settings of a worker that handles the messages of tests, as a process of its own."""

from config.settings import *  # noqa: F403

HANDLERS = {
    "note": "tests.outbox.jobs.Note",
    "broken": "tests.outbox.jobs.Broken",
    "hopeless": "tests.outbox.jobs.Pointless",
    "many": "tests.outbox.jobs.Many",
    "forgetful": "tests.outbox.jobs.Forgetful",
    "torn": "tests.outbox.jobs.Torn",
    "one at a time": "tests.outbox.jobs.OneAtATime",
    "slow": "tests.outbox.jobs.Slow",
}
OUTBOX_HANDLERS = HANDLERS | {"async_action": "outbox.actions.RunAction"}
ASYNC_ACTIONS = {"COUNT": "tests.outbox.jobs.count"}
TIMELY_WORK = {}
