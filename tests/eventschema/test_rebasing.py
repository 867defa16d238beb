"""A change by the API goes out at once; what people are editing meanwhile is kept."""

from dataclasses import replace

import pytest

from common.refusals import Conflict
from eventschema.drafting import save_draft
from eventschema.spec import PropertySpec
from tests.eventschema.definitions import NUMBER, TEXT, change, draft_of, edit_draft, published_of, versions_of
from tests.world import NOW, TESTER, a_definition


@pytest.fixture
def signed_up(project):
    return a_definition(project, "signed_up", {name: TEXT | {"optional": True} for name in ("plan", "shop")})


def test_the_draft_follows_where_nobody_edited_it(signed_up):
    change(signed_up, {"plan": NUMBER, "seats": NUMBER})

    assert draft_of(signed_up) == published_of(signed_up) == {"plan": "number", "shop": "string", "seats": "number"}


def test_a_property_that_people_added_stays_in_the_draft_alone(signed_up):
    edit_draft(signed_up, {"plan": TEXT, "shop": TEXT, "coupon": TEXT})

    change(signed_up, {"seats": NUMBER})

    assert published_of(signed_up) == {"plan": "string", "shop": "string", "seats": "number"}
    assert draft_of(signed_up) == {"plan": "string", "shop": "string", "coupon": "string", "seats": "number"}


def test_a_property_that_people_changed_stays_changed(signed_up):
    edit_draft(signed_up, {"plan": NUMBER, "shop": TEXT})

    change(signed_up, {"shop": TEXT | {"max_length": 5}})

    assert published_of(signed_up) == {"plan": "string", "shop": "string"}
    assert draft_of(signed_up) == {"plan": "number", "shop": "string"}


def test_a_property_that_people_took_away_stays_away(signed_up):
    edit_draft(signed_up, {"shop": TEXT})

    change(signed_up, {"seats": NUMBER})

    assert draft_of(signed_up) == {"shop": "string", "seats": "number"}
    assert published_of(signed_up) == {"plan": "string", "shop": "string", "seats": "number"}


def test_the_same_change_on_both_sides_is_no_conflict(signed_up):
    edit_draft(signed_up, {"plan": TEXT | {"max_length": 5}, "shop": TEXT})

    change(signed_up, {"plan": TEXT | {"max_length": 5}})

    assert versions_of(signed_up) == [1, 2]


@pytest.mark.parametrize("drafted", [{"plan": NUMBER, "shop": TEXT}, {"shop": TEXT}])
def test_another_change_of_the_same_property_is_a_conflict(signed_up, drafted):
    edit_draft(signed_up, drafted)

    with pytest.raises(Conflict, match=r"^Property 'plan' was changed differently in the draft of 'signed_up'$"):
        change(signed_up, {"plan": TEXT | {"max_length": 5}})

    assert (draft_of(signed_up), versions_of(signed_up)) == (
        {name: item["type"] for name, item in drafted.items()},
        [1],
    )


def test_a_property_added_differently_on_both_sides_is_a_conflict(signed_up):
    edit_draft(signed_up, {"plan": TEXT, "shop": TEXT, "seats": TEXT})

    with pytest.raises(Conflict):
        change(signed_up, {"seats": NUMBER})


def test_a_rename_by_the_api_reaches_the_draft(signed_up):
    change(signed_up, {"store": TEXT | {"aliases": ["shop"]}, "shop": TEXT | {"deleted": True}})

    assert draft_of(signed_up) == published_of(signed_up) == {"plan": "string", "store": "string"}


def test_two_different_renames_are_a_conflict(signed_up):
    plan, shop = (PropertySpec.of(row) for row in signed_up.properties.all())
    save_draft(signed_up, [plan, replace(shop, name="outlet")], by=TESTER, now=NOW)

    with pytest.raises(Conflict, match=r"^Property 'shop' was changed differently in the draft of 'signed_up'$"):
        change(signed_up, {"store": TEXT | {"aliases": ["shop"]}, "shop": TEXT | {"deleted": True}})
