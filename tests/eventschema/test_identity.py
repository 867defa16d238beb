"""A property stays the same through renames, and its former names are never another's."""

from dataclasses import replace

from eventschema.identity import keep_ids, merge, propose, reused_names
from eventschema.spec import PropertySpec
from tests.eventschema.schemas import specs_of

TEXT, NUMBER = {"type": "string"}, {"type": "number"}
GONE = TEXT | {"deleted": True}


def pairs(specs: list[PropertySpec], known: list[PropertySpec]) -> list[tuple[str, str | None, tuple[str, ...]]]:
    """(name, name of the known property with this id, aliases)."""
    names = {spec.id: spec.name for spec in known}
    return [(spec.name, names.get(spec.id), spec.aliases) for spec in specs]


def test_a_card_whose_name_changed_is_a_rename():
    shop, note = published = specs_of({"shop": TEXT, "note": TEXT})

    kept = keep_ids([replace(shop, name="store"), note], drafted=published, published=published)

    assert pairs(kept, published) == [("store", "shop", ("shop",)), ("note", "note", ())]


def test_a_name_that_was_never_published_is_no_former_name():
    [shop] = drafted = specs_of({"shop": TEXT})

    kept = keep_ids([replace(shop, name="store")], drafted=drafted, published=[])

    assert pairs(kept, drafted) == [("store", "shop", ())]


def test_a_second_rename_keeps_every_published_name():
    [shop] = specs_of({"shop": TEXT})
    store = replace(shop, name="store", aliases=("shop",))

    kept = keep_ids([replace(store, name="outlet")], drafted=[store], published=[store])

    assert pairs(kept, [store]) == [("outlet", "store", ("shop", "store"))]


def test_a_name_that_changes_back_leaves_no_trace_of_a_draft():
    [shop] = published = specs_of({"shop": TEXT})
    store = replace(shop, name="store", aliases=("shop",))

    kept = keep_ids([replace(store, name="shop", aliases=())], drafted=[store], published=published)

    assert pairs(kept, published) == [("shop", "shop", ())]


def test_a_new_card_that_takes_the_old_name_is_another_property():
    [shop] = published = specs_of({"shop": TEXT})
    [new] = specs_of({"shop": TEXT})

    kept = keep_ids([replace(shop, name="store"), new], drafted=published, published=published)

    assert pairs(kept, published) == [("store", "shop", ("shop",)), ("shop", None, ())]


def test_a_new_type_is_a_new_id_under_the_same_name():
    [plan] = published = specs_of({"plan": TEXT})

    kept = keep_ids([replace(plan, type="number")], drafted=published, published=published)

    assert pairs(kept, published) == [("plan", None, ())]


def test_an_id_that_is_not_the_definitions_own_counts_for_nothing():
    published, foreign = specs_of({"plan": TEXT}), specs_of({"plan": NUMBER})

    [kept] = keep_ids(foreign, drafted=published, published=published)

    assert kept.id not in (published[0].id, foreign[0].id)


def test_two_cards_with_one_id_are_two_properties():
    [shop] = published = specs_of({"shop": TEXT})

    first, second = keep_ids([shop, replace(shop, name="copy")], drafted=published, published=published)

    assert (first.id == shop.id, second.id == shop.id) == (True, False)


def test_an_api_rename_keeps_id_and_place():
    published = specs_of({"shop": TEXT, "note": TEXT})

    merged = merge(published, specs_of({"store": TEXT | {"aliases": ["shop"]}, "shop": GONE}))

    assert pairs(merged, published) == [("store", "shop", ("shop",)), ("note", "note", ())]


def test_an_api_rename_that_is_sent_twice_changes_nothing():
    sent = specs_of({"store": TEXT | {"aliases": ["shop"]}, "shop": GONE})
    once = merge(specs_of({"shop": TEXT}), sent)

    assert pairs(merge(once, sent), once) == [("store", "store", ("shop",))]


def test_an_api_rename_takes_the_place_of_what_was_removed_under_the_new_name():
    published = specs_of({"store": GONE, "shop": TEXT})

    merged = merge(published, specs_of({"store": TEXT | {"aliases": ["shop"]}, "shop": GONE}))

    assert pairs(merged, published) == [("store", "shop", ("shop",))]


def test_removing_one_and_adding_another_is_no_rename():
    published = specs_of({"shop": TEXT})

    merged = merge(published, specs_of({"store": TEXT, "shop": GONE}))

    assert pairs(merged, published) == [("shop", "shop", ()), ("store", None, ())]


def test_a_whole_schema_goes_on_from_names_and_former_names():
    published = specs_of({"shop": TEXT, "plan": TEXT, "note": TEXT})

    proposed = propose(published, specs_of({"note": TEXT, "store": TEXT | {"aliases": ["shop"]}, "plan": NUMBER}))

    assert pairs(proposed, published) == [("note", "note", ()), ("store", "shop", ("shop",)), ("plan", None, ())]


def history(*versions: list[PropertySpec]) -> list[dict[str, object]]:
    return [{"unknown": "keep", "properties": [spec.as_snapshot() for spec in specs]} for specs in versions]


def complaints(specs: list[PropertySpec], *versions: list[PropertySpec]) -> list[str]:
    return [error.message for error in reused_names(specs, history(*versions))]


def test_a_former_name_stays_taken_when_its_property_is_gone():
    store = specs_of({"store": TEXT | {"aliases": ["shop"]}})
    sentence = "'shop' is a former name of 'store' and is never used for another property"

    assert complaints(specs_of({"shop": TEXT}), store, []) == [sentence]
    assert complaints(specs_of({"kiosk": TEXT | {"aliases": ["shop"]}}), store, []) == [sentence]


def test_a_property_may_take_its_own_former_name_back():
    [store] = specs_of({"store": TEXT | {"aliases": ["shop"]}})

    assert complaints([replace(store, name="shop", aliases=("store",))], [store]) == []


def test_a_property_of_a_new_type_goes_on_with_its_former_names():
    store = specs_of({"store": TEXT | {"aliases": ["shop"]}})

    assert complaints(specs_of({"store": NUMBER | {"aliases": ["shop"]}}), store) == []


def test_the_name_of_a_removed_property_that_had_no_other_is_free():
    assert complaints(specs_of({"shop": NUMBER}), specs_of({"shop": TEXT}), []) == []
