"""Referees that are added by hand."""

import pytest

from campaigns.models import Holder
from campaigns.vouchers import add_code
from common.refusals import Duplicate, Forbidden, NotFound, Refusal
from customers.models import Customer
from customers.profiles import Profile
from events.models import StoredEffect
from referrals.holders import add_referees, remove_referee
from referrals.models import Conversion
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_published_code,
    a_referral_programme,
    accept,
    an_event,
    customer,
)


@pytest.fixture
def code(project):
    referrals = a_referral_programme(project, a_definition(project, "signed_up"))
    return a_published_code(referrals, "NRY-01", to="ada")


def add(code, *profiles, metadata=None):
    return add_referees(code.project, code, profiles, metadata or {}, group_id="v-1", now=NOW)


def holders(code):
    return list(Holder.objects.filter(voucher=code).order_by("id").values_list("customer__source_id", "role"))


def test_referees_are_added_in_order_and_made_where_they_are_new(project, code):
    added = add(code, Profile(source_id="ben", fields={"name": "Ben"}), Profile(source_id="cleo"), metadata={"a": 1})

    assert [(holder.customer.source_id, holder.role, holder.metadata) for holder in added] == [
        ("ben", "REFEREE", {"a": 1}),
        ("cleo", "REFEREE", {"a": 1}),
    ]
    assert (holders(code), customer(project, "ben").name) == (
        [("ada", "REFERRER"), ("ben", "REFEREE"), ("cleo", "REFEREE")],
        "Ben",
    )


def test_being_added_is_told_to_the_chain(project, code):
    holder = add(code, Profile(source_id="ben"))[0]

    effects = StoredEffect.objects.filter(cause_id=holder.pk).order_by("seq").values_list("kind", "data")
    assert list(effects) == [
        ("customer.created", {}),
        ("holder.added", {"holder_id": holder.public_id, "code": "NRY-01"}),
    ]


def test_being_added_by_hand_is_no_conversion(project, code):
    add(code, Profile(source_id="ben"))
    before = Conversion.objects.count()

    accept(project, an_event(referral={"code": "NRY-01"}))

    assert (before, Conversion.objects.count()) == (0, 1)


def test_a_code_that_nobody_has_takes_no_referees(project, code):
    with pytest.raises(Refusal) as refused:
        add(add_code(code.campaign, "NRY-02", by=TESTER), Profile(source_id="ben"))

    assert (refused.value.key, Customer.objects.filter(source_id="ben").count()) == ("not_published", 0)


@pytest.mark.parametrize("name", ["ada", "ben"])
def test_who_holds_the_code_already_is_refused_and_nobody_is_added(code, name):
    add(code, Profile(source_id="ben"))

    with pytest.raises(Refusal) as refused:
        add(code, Profile(source_id="cleo"), Profile(source_id=name))

    assert refused.value.key == "holder_assignement_duplication"
    assert (holders(code), Customer.objects.filter(source_id="cleo").count()) == (
        [("ada", "REFERRER"), ("ben", "REFEREE")],
        0,
    )


def test_one_person_under_two_names_is_refused(project, code):
    ada = customer(project, "ada")

    with pytest.raises(Duplicate, match=rf"^Duplicated customer exists with name {ada.public_id}$"):
        add(code, Profile(source_id="ada"), Profile(id=ada.public_id, key=ada.pk))


def test_an_unknown_id_refuses_the_whole_list(code):
    with pytest.raises(NotFound, match=r"^Cannot find customer with id cust_x$"):
        add(code, Profile(source_id="ben"), Profile(id="cust_x"))

    assert holders(code) == [("ada", "REFERRER")]


def test_a_referee_is_removed_and_the_conversion_stays(project, code):
    accept(project, an_event(referral={"code": "NRY-01"}))

    remove_referee(Holder.objects.get(role="REFEREE"), group_id="", now=NOW)

    assert (holders(code), Conversion.objects.count()) == ([("ada", "REFERRER")], 1)


def test_the_referrer_cannot_be_removed(code):
    with pytest.raises(Forbidden, match=r"^You can not remove Referrer assignment$"):
        remove_referee(Holder.objects.get(role="REFERRER"), group_id="", now=NOW)

    assert holders(code) == [("ada", "REFERRER")]
