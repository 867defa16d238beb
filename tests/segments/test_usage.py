"""Segments keep the definitions that they are about, and follow renamed properties."""

import pytest

from common.refusals import InUse
from eventschema.usage import check_unused, users_of
from segments.creation import delete_segment
from tests.segments.world import a_segment, members
from tests.world import NOW, TESTER, a_definition, accept, an_event

GOLD = {
    "events.paid.last_at": {
        "conditions": {"$has_value": ""},
        "where": {"metadata.tier": {"conditions": {"$is": "gold"}}},
    }
}
TIER = {"type": "string", "optional": True}


def test_a_definition_that_a_segment_is_about_is_not_deleted(project):
    paid = a_definition(project, "paid")
    segment = a_segment(project)

    assert [(use.words, use.public_id) for use in users_of(paid)] == [("segment 'Payers'", segment.public_id)]
    with pytest.raises(InUse):
        check_unused(paid)
    delete_segment(segment, by=TESTER, request_id="v-3", now=NOW)
    check_unused(paid)


def test_a_property_is_found_under_every_name_that_it_has_had(project):
    a_definition(project, "paid", {"tier": TIER | {"aliases": ["level"]}}, unknown="reject")
    segment = a_segment(project, GOLD)

    accept(project, an_event("paid", by="ben", metadata={"level": "gold"}))
    accept(project, an_event("paid", by="ada", metadata={"tier": "gold"}))
    accept(project, an_event("paid", by="cleo", metadata={"tier": "silver"}))

    assert members(segment) == ["ada", "ben"]
