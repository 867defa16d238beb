"""Minutes of keys with a limit, which do not end while a test runs."""

import time

from projects.models import ApiKey, RequestCount


def a_minute_of(key: ApiKey, *, used: int) -> None:
    """The key has made so many requests in this minute, which goes on for more than another one."""
    begun = {"project": key.project, "minute": time.time() // 60 + 1, "count": used}
    RequestCount.objects.update_or_create(key=key, defaults=begun)


def end_minute_of(key: ApiKey) -> None:
    """What the key has counted is of a minute long past."""
    RequestCount.objects.filter(key=key).update(minute=0)
