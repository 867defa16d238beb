"""The schema builder's server side: drafts, publishing, and errors that come back to their cards."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from eventschema.models import EventDefinition, SchemaVersion, Status
from loyalty.models import EarningRule
from projects.models import AuditEntry, Project
from tests.admin.forms import cards, errors_of, messages_of, posted
from tests.world import a_definition, a_loyalty_programme, a_rule, accept, an_event

ADD, CHANGE, DELETE = (f"eventschema_eventdefinition_{name}" for name in ("add", "change", "delete"))
NO_CHOICE = "Select a valid choice. {} is not one of the available choices."
CONTRADICTION = "Contradicts another bound: no number can satisfy both"
OWN = {"name": "left_review", "description": "", "unknown": "keep"}


def names(definition: EventDefinition) -> list[str]:
    return [row.name for row in definition.properties.all()]


def card_errors(answer: Any) -> list[dict[str, list[str]]]:
    """The errors of every card, in the order in which they stand on the page."""
    return [
        {name: list(found) for name, found in card.errors.items()}
        for card in answer.context["adminform"].form.cards.cards
    ]


def test_a_draft_takes_no_events_yet(marketer: Client, project: Project):
    sent = OWN | {"project": project.pk, "_save": ""} | cards({"name": "rating", "type": "number", "required": True})

    posted(marketer, ADD, sent)

    definition = EventDefinition.objects.get(name="left_review")
    assert (definition.status, definition.version, names(definition)) == (Status.DRAFT, 0, ["rating"])
    assert not SchemaVersion.objects.exists()


def test_publishing_saves_the_draft_and_makes_the_first_version(marketer: Client, project: Project):
    sent = OWN | {"project": project.pk, "_publish": ""} | cards({"name": "rating", "type": "number", "gte": "1"})

    posted(marketer, ADD, sent)

    definition = EventDefinition.objects.get(name="left_review")
    published = SchemaVersion.objects.get(definition=definition).schema["properties"]
    assert (definition.status, definition.version) == (Status.ACTIVE, 1)
    assert [(item["name"], item["type"], item["gte"]) for item in published] == [("rating", "number", 1)]
    assert messages_of(marketer) == ["Version 1 of “left_review” is published: events are checked by it from now on."]


def test_saving_a_draft_leaves_what_is_published_alone(marketer: Client, project: Project):
    definition = a_definition(project, "left_review", {"rating": {"type": "number", "optional": True}})

    posted(marketer, CHANGE, OWN | {"_save": ""} | cards({"name": "stars", "type": "number"}), definition.pk)

    definition.refresh_from_db()
    page = marketer.get(reverse(f"admin:{CHANGE}", args=[definition.pk]))
    assert (definition.version, names(definition)) == (1, ["stars"])
    assert page.context["draft_differs"] is True


def test_a_property_that_keeps_name_and_type_keeps_its_id(marketer: Client, project: Project):
    optional = {"optional": True}
    definition = a_definition(
        project, "left_review", {"rating": {"type": "number"} | optional, "text": {"type": "string"} | optional}
    )
    before = {row.name: row.property_id for row in definition.properties.all()}

    retyped = cards({"name": "text", "type": "boolean"}, {"name": "rating", "type": "number"})
    posted(marketer, CHANGE, OWN | {"_save": ""} | retyped, definition.pk)

    after = {row.name: row.property_id for row in definition.properties.all()}
    assert (after["rating"] == before["rating"], after["text"] == before["text"]) == (True, False)


def test_publishing_an_unchanged_draft_makes_no_version(marketer: Client, project: Project):
    definition = a_definition(project, "left_review", {"rating": {"type": "number", "optional": True}})

    posted(marketer, CHANGE, OWN | {"_publish": ""} | cards({"name": "rating", "type": "number"}), definition.pk)

    definition.refresh_from_db()
    assert definition.version == 1


def test_order_is_that_of_the_page_not_of_the_names(marketer: Client, project: Project):
    sent = cards({"name": "second", "ORDER": 2}, {"name": "first", "ORDER": 1}, {"name": "third", "ORDER": 3})

    posted(marketer, ADD, OWN | {"project": project.pk, "_save": ""} | sent)

    assert names(EventDefinition.objects.get()) == ["first", "second", "third"]


def test_a_removed_card_and_a_card_on_which_nothing_was_said_are_not_saved(marketer: Client, project: Project):
    sent = cards({"name": "rating"}, {"name": "gone", "DELETE": True}, {"name": ""})

    posted(marketer, ADD, OWN | {"project": project.pk, "_save": ""} | sent)

    assert names(EventDefinition.objects.get()) == ["rating"]


def test_choices_may_hold_commas_and_are_one_a_line(marketer: Client, project: Project):
    sent = cards(
        {"name": "kind", "eq": "text\r\nphoto, video\r\n\r\n"}, {"name": "stars", "type": "number", "eq": "1\n2.5"}
    )

    posted(marketer, ADD, OWN | {"project": project.pk, "_publish": ""} | sent)

    kind, stars = SchemaVersion.objects.get().schema["properties"]
    assert (kind["eq"], [str(value) for value in stars["eq"]]) == (["text", "photo, video"], ["1", "2.5"])


def test_a_constraint_that_does_not_fit_the_type_is_dropped(marketer: Client, project: Project):
    sent = cards({"name": "done", "type": "boolean", "min_length": "3", "gte": "1"})

    posted(marketer, ADD, OWN | {"project": project.pk, "_save": ""} | sent)

    assert EventDefinition.objects.get().properties.get().options == {}


def test_the_folded_part_of_a_card_is_saved(marketer: Client, project: Project):
    sent = cards({"name": "mail", "description": "Where to.", "personal": True, "aliases": "email\ne_mail"})

    posted(marketer, ADD, OWN | {"project": project.pk, "_save": ""} | sent)

    row = EventDefinition.objects.get().properties.get()
    assert (row.description, row.personal, row.aliases) == ("Where to.", True, ["email", "e_mail"])


@pytest.mark.parametrize(
    ("card", "errors"),
    [
        ({"name": "a.b"}, {"name": ["The property name 'a.b' must hold no dot, no $ and no control character"]}),
        ({"name": "", "type": "number"}, {"name": ["This field is required."]}),
        ({"name": "n", "type": "number", "eq": "one"}, {"eq": ["“one” is no number."]}),
        ({"name": "n", "type": "number", "gte": "x"}, {"gte": ["Enter a number."]}),
        ({"name": "n", "type": "number", "gte": "0.001"}, {"gte": ["Must be a number with at most two decimals"]}),
        ({"name": "n", "type": "number", "gt": "5", "lt": "1"}, {"gt": [CONTRADICTION]}),
        ({"name": "t", "min_length": "-1"}, {"min_length": ["Must be a whole number from 0 to 10240"]}),
        ({"name": "t", "type": "money"}, {"type": [NO_CHOICE.format("money")]}),
        ({"name": "t", "aliases": "a.b"}, {"aliases": ["Must be a list of at most 20 property names"]}),
    ],
)  # fmt: skip
def test_an_error_stands_at_its_field_of_its_card(
    card: dict[str, str], errors: dict[str, list[str]], marketer: Client, project: Project
):
    answer = posted(marketer, ADD, OWN | {"project": project.pk, "_save": ""} | cards({"name": "fine"}, card))

    assert card_errors(answer) == [{}, errors]
    assert not EventDefinition.objects.exists()


def test_two_cards_of_one_name_are_both_marked(marketer: Client, project: Project):
    sent = cards({"name": "rating"}, {"name": "text"}, {"name": "rating", "type": "number"})

    answer = posted(marketer, ADD, OWN | {"project": project.pk, "_publish": ""} | sent)

    marked = {"name": ["Another property is called “rating” too."]}
    assert card_errors(answer) == [marked, {}, marked]


def test_a_former_name_that_is_another_propertys_name_is_marked(marketer: Client, project: Project):
    sent = cards({"name": "rating"}, {"name": "stars", "aliases": "rating"})

    answer = posted(marketer, ADD, OWN | {"project": project.pk, "_publish": ""} | sent)

    assert card_errors(answer) == [{}, {"aliases": ["'rating' is a name of both 'rating' and 'stars'"]}]


def test_what_only_the_domain_knows_stands_at_the_card_that_it_is_about(marketer: Client, project: Project):
    definition = a_definition(
        project, "left_review", {"stars": {"type": "number", "optional": True, "aliases": ["old"]}}
    )

    answer = posted(marketer, CHANGE, OWN | {"_save": ""} | cards({"name": "fine"}, {"name": "old"}), definition.pk)

    taken = "'old' is a former name of 'stars' and is never used for another property"
    assert card_errors(answer) == [{}, {"name": [taken]}]
    assert errors_of(answer)["__all__"] == ["Some properties cannot be saved as they are. They are marked below."]


def test_a_page_with_errors_comes_back_with_every_value_in_its_order(marketer: Client, project: Project):
    sent = cards(
        {"name": "b", "type": "number", "gte": "2", "required": True, "ORDER": 2},
        {"name": "a.b", "type": "string", "eq": "x\ny", "description": "why", "ORDER": 1},
        {"name": "gone", "DELETE": True, "ORDER": 3},
    )

    answer = posted(marketer, ADD, OWN | {"project": project.pk, "_publish": ""} | sent)

    shown = answer.context["adminform"].form.cards.cards
    assert [card["name"].value() for card in shown] == ["a.b", "b", "gone"]
    assert (shown[0]["eq"].value(), shown[0].says_more) == ("x\ny", True)
    assert (shown[1]["gte"].value(), shown[1]["required"].value()) == ("2", True)
    assert shown[2].is_removed


def test_every_error_is_named_by_its_field(marketer: Client, project: Project):
    html = posted(marketer, ADD, OWN | {"project": project.pk} | cards({"name": "a.b"})).content.decode()

    assert 'aria-describedby="id_properties-0-name_error"' in html
    assert 'id="id_properties-0-name_error"' in html


def test_a_name_in_use_is_an_error_at_the_name(marketer: Client, project: Project):
    a_definition(project, "left_review")

    answer = posted(marketer, ADD, OWN | {"project": project.pk, "_save": ""} | cards())

    assert errors_of(answer) == {"name": ["This name is in use in this project already."]}


def test_more_than_a_hundred_properties_are_refused_in_words(marketer: Client, project: Project):
    many = cards(*({"name": f"p{number}"} for number in range(101)))

    answer = posted(marketer, ADD, OWN | {"project": project.pk, "_save": ""} | many)

    assert answer.context["adminform"].form.cards.non_form_errors() == ["Please submit at most 100 forms."]
    assert not EventDefinition.objects.exists()


def test_a_hundred_properties_fit_into_one_request(marketer: Client, project: Project):
    full = {
        "type": "number",
        "gt": "1",
        "gte": "1",
        "lt": "9",
        "lte": "9",
        "eq": "",
        "ne": "",
        "description": "",
        "aliases": "",
    }
    many = cards(
        *(full | {"name": f"p{number}", "required": True, "array": True, "personal": True} for number in range(100))
    )

    posted(marketer, ADD, OWN | {"project": project.pk, "_publish": ""} | many)

    assert EventDefinition.objects.get().properties.count() == 100


def test_a_post_without_the_builders_fields_is_refused(marketer: Client, project: Project):
    answer = posted(marketer, ADD, OWN | {"project": project.pk, "_publish": ""})

    assert list(errors_of(answer)) == ["__all__"]


def test_a_definition_that_a_rule_uses_is_not_deleted(marketer: Client, project: Project):
    definition = a_definition(project, "left_review")
    a_rule(a_loyalty_programme(project), definition, banner="Thanks")

    answer = posted(marketer, DELETE, {"post": "yes"}, definition.pk)

    definition.refresh_from_db()
    assert answer.status_code == 302
    assert definition.deleted_at is None
    assert "in use by earning rule 'Thanks'" in messages_of(marketer)[0]


def test_deleting_a_definition_frees_its_name(marketer: Client, project: Project):
    definition = a_definition(project, "left_review")

    posted(marketer, DELETE, {"post": "yes"}, definition.pk)
    posted(marketer, ADD, OWN | {"project": project.pk, "_save": ""} | cards())

    assert EventDefinition.objects.filter(deleted_at=None).get().version == 0
    assert EarningRule.objects.count() == 0


def test_the_audit_log_tells_who_drafted_what(marketer: Client, project: Project):
    posted(marketer, ADD, OWN | {"project": project.pk, "_save": ""} | cards({"name": "rating"}))

    entry = AuditEntry.objects.get(action="event_definition.drafted")
    assert (entry.actor_kind, entry.actor) == ("user", f"marketer-of-{project.slug}")
    assert [item["name"] for item in entry.after["properties"]] == ["rating"]


def test_properties_that_events_carry_ask_before_they_go(marketer: Client, adas_definition: EventDefinition):
    page = marketer.get(reverse(f"admin:{CHANGE}", args=[adas_definition.pk]))

    assert {card["name"].value(): card.is_used for card in page.context["cards"].cards} == {
        "rating": True,
        "text": False,
    }


@pytest.fixture
def adas_definition(project: Project) -> EventDefinition:
    """An event that Ada sent with one of its two properties."""
    optional = {"optional": True}
    definition = a_definition(
        project, "left_review", {"rating": {"type": "number"} | optional, "text": {"type": "string"} | optional}
    )
    accept(project, an_event("left_review", by="ada", metadata={"rating": 5}))
    return definition
