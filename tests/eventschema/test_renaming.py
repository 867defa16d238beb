"""A property that is renamed or retyped loses nothing: senders, rules and past events go on."""

from dataclasses import replace
from decimal import Decimal

import pytest

from common.refusals import InUse, InvalidPayload
from events.models import Event
from eventschema.drafting import save_draft
from eventschema.models import EventDefinition
from eventschema.publishing import publish
from eventschema.schema import schemas_of
from eventschema.spec import PropertySpec
from loyalty.models import EarningRule
from projects.models import AuditEntry
from tests.eventschema.definitions import NUMBER, TEXT, change, ids_of
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_loyalty_programme,
    a_proportional_rule,
    accept,
    an_event,
    balances,
    send,
)

OPTIONAL = {"optional": True}


@pytest.fixture
def paid(project):
    return a_definition(project, "paid", {"sum": NUMBER | OPTIONAL, "shop": TEXT | OPTIONAL})


@pytest.fixture
def rule(project, paid):
    """A point for each of `sum`."""
    return a_proportional_rule(a_loyalty_programme(project), paid, points=1, every="1", of="sum", banner="Spend")


def renamed_draft(definition: EventDefinition, **names: str) -> EventDefinition:
    """The draft with some cards renamed, as the builder posts them."""
    specs = [PropertySpec.of(row) for row in definition.properties.all()]
    posted = [replace(spec, name=names.get(spec.name, spec.name)) for spec in specs]
    return save_draft(definition, posted, by=TESTER, now=NOW)


def reader(project):
    """What reads values of the event by its definition as it is now."""
    project.refresh_from_db()
    return schemas_of(project)["paid"].value


def test_senders_of_either_name_pass_and_no_stored_row_is_rewritten(project, paid):
    accept(project, an_event("paid", metadata={"shop": "A"}))
    publish(renamed_draft(paid, shop="store"), by=TESTER, now=NOW)

    accept(project, an_event("paid", metadata={"shop": "B"}), an_event("paid", metadata={"store": "C"}))

    stored = [event.metadata for event in Event.objects.order_by("id")]
    value_of = reader(project)
    assert stored == [{"shop": "A"}, {"shop": "B"}, {"store": "C"}]
    assert [value_of(metadata, "store") for metadata in stored] == ["A", "B", "C"]
    assert [value_of(metadata, "shop") for metadata in stored] == ["A", "B", "C"]


def test_a_rename_in_the_draft_keeps_the_id(paid):
    before = ids_of(paid)

    publish(renamed_draft(paid, shop="store"), by=TESTER, now=NOW)

    assert ids_of(paid) == {"sum": before["sum"], "store": before["shop"]}
    assert [row.aliases for row in paid.properties.all()] == [[], ["shop"]]


def test_a_rule_goes_on_under_the_new_name(project, paid, rule):
    publish(renamed_draft(paid, sum="amount"), by=TESTER, now=NOW)

    accept(project, an_event("paid", by="ben", metadata={"sum": 3}))
    accept(project, an_event("paid", by="ben", metadata={"amount": 4}))

    assert (EarningRule.objects.get().property_name, balances(project)) == ("amount", {"ben": 7})
    entry = AuditEntry.objects.get(action="earning_rule.updated")
    assert (entry.before["property_name"], entry.after["property_name"], entry.actor) == ("sum", "amount", "tests")


def test_a_rule_follows_a_rename_by_the_api(project, paid, rule):
    change(paid, {"amount": NUMBER | {"aliases": ["sum"]}, "sum": NUMBER | {"deleted": True}})

    accept(project, an_event("paid", by="ben", metadata={"sum": 3}))

    assert (EarningRule.objects.get().property_name, balances(project)) == ("amount", {"ben": 3})


def test_a_rule_made_under_a_former_name_reads_the_property(project, paid):
    change(paid, {"amount": NUMBER | {"aliases": ["sum"]}, "sum": NUMBER | {"deleted": True}})

    rule = a_proportional_rule(a_loyalty_programme(project), paid, points=1, every="1", of="sum")

    assert rule.property_name == "amount"


@pytest.mark.parametrize("specs", [[], [PropertySpec("sum", "string")], [PropertySpec("sum", "number", array=True)]])
def test_a_draft_that_takes_a_rules_property_away_is_not_published(paid, rule, specs):
    draft = save_draft(paid, specs, by=TESTER, now=NOW)

    with pytest.raises(InUse, match=r"^Property 'sum' of 'paid' cannot be removed or retyped: in use by .*'Spend'$"):
        publish(draft, by=TESTER, now=NOW)

    paid.refresh_from_db()
    assert paid.version == 1


def test_the_old_name_is_nobody_elses_in_a_draft(paid):
    publish(renamed_draft(paid, shop="store"), by=TESTER, now=NOW)
    rest = [spec for spec in map(PropertySpec.of, paid.properties.all()) if spec.name != "store"]
    publish(save_draft(paid, rest, by=TESTER, now=NOW), by=TESTER, now=NOW)

    with pytest.raises(InvalidPayload, match=r"^'shop' is a former name of 'store' and is never used"):
        save_draft(paid, [*rest, PropertySpec("shop", "string")], by=TESTER, now=NOW)


@pytest.mark.parametrize(
    ("stored", "read"),
    [("12", 12), ("12.50", Decimal("12.50")), ("twelve", None), ("", None)],
)
def test_values_of_a_former_type_are_cast_when_they_are_read(project, paid, stored, read):
    accept(project, an_event("paid", metadata={"shop": stored}))

    change(paid, {"shop": NUMBER})

    assert reader(project)(Event.objects.get().metadata, "shop") == read


def test_values_of_a_list_are_cast_one_by_one(project, paid):
    change(paid, {"shop": NUMBER | {"array": True}})

    value_of = reader(project)
    assert value_of({"shop": ["1", "x", 2]}, "shop") == [1, None, 2]
    assert value_of({"shop": "1"}, "shop") is None


def test_an_event_is_never_cast_when_it_is_accepted(project, paid):
    change(paid, {"shop": NUMBER})

    [refused] = send(project, an_event("paid", metadata={"shop": "12"}))

    assert [error.path for error in refused.errors] == ["metadata.shop"]


def test_the_first_name_that_says_something_counts(project, paid):
    publish(renamed_draft(paid, shop="store"), by=TESTER, now=NOW)

    assert reader(project)({"store": None, "shop": "A"}, "store") == "A"
