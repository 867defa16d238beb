"""`/healthz`: the process answers. `/readyz`: it can work – the database is there and migrated.

`/readyz` also says how much work is overdue, which is none while a worker keeps up; it is ready all the same.
"""

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from outbox.models import OutboxMessage

# Counting further would take longer the longer the worker is away.
MOST_COUNTED = 1_000


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    try:
        problem = _missing_migrations()
        overdue = 0 if problem else OutboxMessage.objects.overdue(timezone.now())[:MOST_COUNTED].count()
    except (DatabaseError, InterfaceError):
        problem = "unreachable"
    if problem:
        return JsonResponse({"status": "unavailable", "database": problem}, status=503, headers={"Retry-After": "1"})
    return JsonResponse({"status": "ok", "database": "ok", "overdue_messages": overdue})


def _missing_migrations() -> str:
    """How many there are, in words, or the empty string."""
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(pending)} migrations are missing" if pending else ""
