"""A served Boon and the official Python SDK, with only host and keys set."""

from collections.abc import Iterator
from typing import Any

import pytest
import voucherify

from projects.keys import create_key
from projects.models import KeyKind, Project
from tests.factories import ProjectFactory
from tests.world import TESTER


@pytest.fixture
def served_project(transactional_db: None) -> Project:
    return ProjectFactory(name="Shop")


@pytest.fixture
def sdk(live_server: Any, grouped: None, served_project: Project) -> Iterator[voucherify.ApiClient]:
    """The SDK's client with a server key and a management key of the served project."""
    server, server_token = create_key(served_project, kind=KeyKind.SERVER, by=TESTER)
    management, management_token = create_key(served_project, kind=KeyKind.MANAGEMENT, by=TESTER)
    configuration = voucherify.Configuration(
        host=live_server.url,
        api_key={
            "X-App-Id": server.key_id,
            "X-App-Token": server_token,
            "X-Management-Id": management.key_id,
            "X-Management-Token": management_token,
        },
    )
    with voucherify.ApiClient(configuration) as client:
        yield client
