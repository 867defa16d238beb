"""The Segment door of a shop in which `paid` pays points."""

import pytest

from tests.api.segment.caller import door_of
from tests.world import a_definition, a_loyalty_programme, a_rule


@pytest.fixture
def door(project):
    return door_of(project)


@pytest.fixture
def paid(project):
    """An event that pays 10 points, and whose amount is a number."""
    definition = a_definition(project, "paid", {"amount": {"type": "number", "optional": True}})
    a_rule(a_loyalty_programme(project), definition)
    return definition
