"""Requests do not wait for the database without end."""

from typing import Any

from django.conf import settings

# PostgreSQL's parameter for each of our settings.
TIMEOUTS = {
    "statement_timeout": "STATEMENT_TIMEOUT_SECONDS",
    "lock_timeout": "LOCK_TIMEOUT_SECONDS",
}


def limit_waiting() -> None:
    """Gives the connections of this process, made from here on, their time-outs. Only PostgreSQL needs any: on SQLite
    the one thing to wait for is the right to write, which has a time-out of its own.
    """
    database: dict[str, Any] = settings.DATABASES["default"]
    if database["ENGINE"] != "django.db.backends.postgresql":
        return
    wanted = [
        f"-c {parameter}={seconds}s" for parameter, name in TIMEOUTS.items() if (seconds := getattr(settings, name))
    ]
    options = database["OPTIONS"]
    options["options"] = " ".join(filter(None, [options.get("options", ""), *wanted]))
