"""Two people edit one schema: the second save gets both changes and a list, never a lost update."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from eventschema.models import EventDefinition, MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.spec import PropertySpec
from projects.models import Project, Role
from tests.admin.forms import cards, posted
from tests.admin.people import a_member, signed_in
from tests.admin.test_definitions import CHANGE, OWN
from tests.eventschema.definitions import NUMBER, TEXT
from tests.world import NOW, TESTER, a_definition

OPTIONAL = {"optional": True}
NESTED = "eventschema_metadataschema_change"


@pytest.fixture
def definition(project: Project) -> EventDefinition:
    return a_definition(project, "left_review", {"rating": NUMBER | OPTIONAL, "text": TEXT | OPTIONAL})


@pytest.fixture
def eve(project: Project) -> Client:
    return signed_in(a_member(project, Role.MARKETER, "eve"))


def opened(client: Client, row: Any, page: str = CHANGE) -> dict[str, Any]:
    """What a browser would post of an open page if nothing were typed."""
    form = client.get(reverse(f"admin:{page}", args=[row.pk])).context["adminform"].form
    shown = [
        {
            "name": card["name"].value(),
            "type": card["type"].value(),
            "required": card["required"].value(),
            "property_id": card["property_id"].value(),
            "aliases": "\n".join(card["aliases"].value()),
        }
        for card in form.cards.cards
    ]
    return {"base": form["base"].value(), "cards": shown}


def save(client: Client, row: Any, page: dict[str, Any], /, own: Any = OWN, name: str = CHANGE, **typed: Any) -> Any:
    """Saves an open page after a person typed into the cards of some properties."""
    shown = [card | typed.get(card["name"], {}) for card in page["cards"]]
    shown += typed.get("new", [])
    return posted(client, name, own | {"_save": "", "base": page["base"]} | cards(*shown), row.pk)


def drafted(definition: EventDefinition) -> list[tuple[str, str, bool]]:
    return [(row.name, row.type, row.optional) for row in definition.properties.all()]


def test_a_page_that_nobody_overtook_is_saved(marketer: Client, definition: EventDefinition):
    answer = save(marketer, definition, opened(marketer, definition), text={"required": True})

    assert (answer.status_code, drafted(definition)) == (
        302,
        [("rating", "number", True), ("text", "string", False)],
    )


def test_the_second_save_changes_nothing_and_shows_both_changes(
    marketer: Client, eve: Client, definition: EventDefinition
):
    adas, eves = opened(marketer, definition), opened(eve, definition)
    save(eve, definition, eves, text={"required": True})

    page = save(marketer, definition, adas, rating={"name": "stars"})

    differences = [(item.name, item.base, item.theirs, item.mine) for item in page.context["differences"]]
    assert drafted(definition) == [("rating", "number", True), ("text", "string", False)]
    assert differences == [
        ("stars", "rating: Number, optional", "rating: Number, optional", "stars: Number, optional"),
        ("text", "text: String, optional", "text: String, required", "text: String, optional"),
    ]


def test_the_page_has_mine_on_top_of_theirs_and_can_be_saved(
    marketer: Client, eve: Client, definition: EventDefinition
):
    adas = opened(marketer, definition)
    save(eve, definition, opened(eve, definition), text={"required": True}, new=[{"name": "hers"}])
    page = save(marketer, definition, adas, rating={"name": "stars"}, new=[{"name": "mine"}])

    shown = page.context["adminform"].form
    again = {
        "base": shown["base"].value(),
        "cards": [
            {name: card[name].value() for name in ("name", "type", "required", "property_id")}
            for card in shown.cards.cards
        ],
    }
    save(marketer, definition, again)

    assert [(row.name, row.optional) for row in definition.properties.all()] == [
        ("stars", True),
        ("text", False),
        ("hers", True),
        ("mine", True),
    ]


def test_what_both_changed_is_marked_and_mine_stands(marketer: Client, eve: Client, definition: EventDefinition):
    adas = opened(marketer, definition)
    save(eve, definition, opened(eve, definition), text={"name": "hers"})

    page = save(marketer, definition, adas, text={"name": "mine"})

    [difference] = page.context["differences"]
    assert (difference.is_clash, difference.theirs) == (True, "hers: String, optional, formerly text")
    assert [card["name"].value() for card in page.context["cards"].cards] == ["rating", "mine"]


def test_fields_of_the_definition_itself_come_together_too(marketer: Client, eve: Client, definition: EventDefinition):
    adas = opened(marketer, definition)
    save(eve, definition, opened(eve, definition), own=OWN | {"unknown": "reject"})

    page = save(marketer, definition, adas, own=OWN | {"description": "Ada's"})

    form = page.context["adminform"].form
    assert (form["unknown"].value(), form["description"].value()) == ("reject", "Ada's")


def test_what_both_emptied_stays_empty(marketer: Client, eve: Client, definition: EventDefinition):
    adas = opened(marketer, definition)
    save(eve, definition, opened(eve, definition), rating={"DELETE": True})

    page = save(marketer, definition, adas, text={"DELETE": True})

    assert page.context["cards"].cards == []


def test_a_conflict_publishes_nothing(marketer: Client, eve: Client, definition: EventDefinition):
    adas = opened(marketer, definition)
    save(eve, definition, opened(eve, definition), text={"required": True})

    save(marketer, definition, adas, own=OWN | {"_publish": ""}, rating={"name": "stars"})

    definition.refresh_from_db()
    assert definition.version == 1


def test_who_saves_twice_the_same_meets_no_conflict(marketer: Client, definition: EventDefinition):
    first = opened(marketer, definition)
    save(marketer, definition, first)

    assert save(marketer, definition, first).status_code == 302


def test_a_base_that_we_did_not_give_out_is_refused(marketer: Client, definition: EventDefinition):
    page = opened(marketer, definition) | {"base": "made-up"}

    answer = save(marketer, definition, page, text={"required": True})

    assert answer.context["adminform"].form.errors == {"base": ["This page is too old to be saved. Open it anew."]}
    assert drafted(definition)[1] == ("text", "string", True)


def test_nested_schemas_are_held_apart_too(marketer: Client, eve: Client, project: Project):
    place = MetadataSchema(project=project, related_object="place")
    save_nested_schema(place, [PropertySpec("city", "string")], by=TESTER, now=NOW)
    adas = opened(marketer, place, NESTED)
    save(eve, place, opened(eve, place, NESTED), own={}, name=NESTED, city={"required": True})

    page = save(marketer, place, adas, own={"allow_defined_only": "on"}, name=NESTED, new=[{"name": "street"}])

    form = page.context["adminform"].form
    assert [(row.name, row.optional) for row in place.properties.all()] == [("city", False)]
    assert [(card["name"].value(), card["required"].value()) for card in form.cards.cards] == [
        ("city", True),
        ("street", False),
    ]
    assert form["allow_defined_only"].value() is True


def test_a_renamed_property_of_a_nested_schema_stays_the_same(marketer: Client, project: Project):
    place = MetadataSchema(project=project, related_object="place")
    save_nested_schema(place, [PropertySpec("city", "string")], by=TESTER, now=NOW)
    before = place.properties.get().property_id

    save(marketer, place, opened(marketer, place, NESTED), own={}, name=NESTED, city={"name": "town"})

    row = place.properties.get()
    assert (row.property_id == before, row.name, row.aliases) == (True, "town", ["city"])
