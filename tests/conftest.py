"""What the tests stand on: one database by DATABASE_URL, and the parts of the machine that are there."""

import pytest
from django.conf import settings
from django.db import connection

from projects.models import Project
from tests.factories import ProjectFactory


@pytest.fixture
def project(db: None) -> Project:
    """Ada's and Ben's project."""
    return ProjectFactory(name="Shop")


@pytest.fixture
def mallorys_project(db: None) -> Project:
    """Another tenant, who must see nothing of the first."""
    return ProjectFactory(name="Mallory's")


def pytest_configure() -> None:
    # A live server's threads would keep their connections, and the test database could not be dropped.
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0


def pytest_report_header() -> str:
    return f"database: {connection.vendor}"
