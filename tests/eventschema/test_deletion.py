"""A definition that something uses stays; a deleted one frees its name and keeps its events."""

import pytest

from common.refusals import InUse, NotFound
from eventschema.publishing import delete_definition, publish
from eventschema.usage import check_unused, users_of
from loyalty.rules import delete_rule
from tests.eventschema.definitions import change
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_loyalty_programme,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
    send,
)


@pytest.fixture
def signed_up(project):
    return a_definition(project, "signed_up")


def test_an_unused_definition_has_no_users(signed_up):
    check_unused(signed_up)

    assert users_of(signed_up) == []


def test_every_user_is_named(project, signed_up):
    club = a_loyalty_programme(project)
    a_rule(club, signed_up, banner="Welcome")
    a_referral_programme(project, signed_up)

    with pytest.raises(InUse) as refused:
        check_unused(signed_up)

    assert str(refused.value) == (
        f"Resource custom_event_schema with id {signed_up.public_id} is in use by "
        "referral campaign 'Bring a friend', earning rule 'Welcome'"
    )
    assert (refused.value.key, refused.value.resource_id) == ("resource_in_use", signed_up.public_id)


def test_a_deleted_rule_uses_nothing(project, signed_up):
    rule = a_rule(a_loyalty_programme(project), signed_up)

    delete_rule(rule, by=TESTER, now=NOW)

    assert users_of(signed_up) == []


def test_a_deleted_definition_takes_no_events_and_frees_its_name(project, signed_up):
    before = accept(project, an_event())[0].event
    delete_definition(signed_up, by=TESTER, now=NOW)
    refused = send(project, an_event())[0]

    again = a_definition(project, "signed_up")
    after = accept(project, an_event())[0].event

    assert isinstance(refused, NotFound)
    assert (before.definition, after.definition) == (signed_up, again)


def test_a_deleted_definition_cannot_be_changed_published_or_deleted_again(signed_up):
    delete_definition(signed_up, by=TESTER, now=NOW)

    for act in (
        lambda: change(signed_up, {}),
        lambda: publish(signed_up, by=TESTER, now=NOW),
        lambda: delete_definition(signed_up, by=TESTER, now=NOW),
    ):
        with pytest.raises(NotFound, match=rf"^Cannot find custom_event_schema with id {signed_up.public_id}$"):
            act()
