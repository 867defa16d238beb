"""`/healthz`: the process answers. `/readyz`: it can work – the database is there and migrated."""

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    problem = _database_problem()
    if problem:
        return JsonResponse({"status": "unavailable", "database": problem}, status=503, headers={"Retry-After": "1"})
    return JsonResponse({"status": "ok", "database": "ok"})


def _database_problem() -> str:
    """What keeps the database from being used, or the empty string."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError):
        return "unreachable"
    return f"{len(pending)} migrations are missing" if pending else ""
