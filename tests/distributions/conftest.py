"""A cart that is abandoned."""

import pytest

from tests.world import a_definition


@pytest.fixture
def cart(project):
    return a_definition(project, "cart_abandoned", {"amount": {"type": "number", "optional": True}})
