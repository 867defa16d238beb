"""A shop, and who calls its API: its own keys, and Mallory's."""

import pytest

from tests.api.caller import Api, api_of
from tests.api.shop import Shop, open_shop


@pytest.fixture
def shop(project) -> Shop:
    return open_shop(project)


@pytest.fixture
def api(project) -> Api:
    """With the keys of Ada's and Ben's project."""
    return api_of(project)


@pytest.fixture
def mallory(mallorys_project) -> Api:
    """With valid keys of another project."""
    return api_of(mallorys_project)
