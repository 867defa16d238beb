"""What time alone brings: functions of TIMELY_WORK, run every minute by the worker and by `manage.py run_daily`.

Each is `run(now) -> {what: how often}`. It finds by itself what is due, does it once, whoever else runs it at the same
moment, and may be cut off anywhere. It is called outside of any transaction.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from common.jsons import JsonObject


def run_timely(now: datetime) -> Iterator[tuple[str, JsonObject]]:
    """The name of each work and what came of it; one that raises is no reason to skip the others.

    Raises ExceptionGroup at the end, where any did.
    """
    errors: list[Exception] = []
    for name, path in settings.TIMELY_WORK.items():
        run: Callable[[datetime], JsonObject] = import_string(path)
        try:
            yield name, run(now)
        except Exception as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("What time brings could not all be done", errors)
