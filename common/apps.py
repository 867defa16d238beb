import sqlite3
from typing import Any

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.backends.signals import connection_created

from common.checks import check_settings


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        register(check_settings, Tags.security)
        connection_created.connect(use_sqlites_own_limit)


def use_sqlites_own_limit(connection: Any, **options: Any) -> None:
    """Lets one statement carry as many parameters as this SQLite takes; Django 5.2 assumes the 999 of old builds.

    Otherwise a batch of fifty events is cut into several inserts (Django 6.1 asks SQLite as well).
    """
    if connection.vendor == "sqlite":
        limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        connection.features.max_query_params = limit
