"""Customers who come from elsewhere keep their former ids, by which they are found wherever a customer is named."""

import pytest
from django.db import IntegrityError, transaction

from customers.models import Customer
from customers.profiles import Profile
from customers.resolution import resolve_customers
from events.profiles import upsert_customers
from tests.factories import CustomerFactory
from tests.world import NOW, a_definition, a_loyalty_programme, a_published_code, a_referral_programme

FORMER = "cust_" + "a1B2" * 6
OTHER = "cust_" + "Zz09" * 6


@pytest.fixture
def ben(project):
    return CustomerFactory(project=project, source_id="ben", legacy_id=FORMER)


def test_a_customer_is_made_with_a_former_id_and_found_by_it(api, project):
    made = api.post("/v1/customers", {"legacy_id": FORMER, "source_id": "ben", "name": "Ben"}).body
    again = api.post("/v1/customers", {"legacy_id": FORMER, "phone": "1"}).body
    by_id = api.post("/v1/customers", {"id": FORMER, "email": "b@x.io"}).body
    read = api.get(f"/v1/customers/{FORMER}").body

    assert {one["id"] for one in (made, again, by_id, read)} == {made["id"]}
    assert (read["legacy_id"], read["name"], read["phone"], read["email"]) == (FORMER, "Ben", "1", "b@x.io")
    assert "legacy_id" not in api.post("/v1/customers", {"source_id": "ada"}).body
    assert api.put(f"/v1/customers/{FORMER}", {"legacy_id": OTHER}).body["legacy_id"] == FORMER
    assert api.get("/v1/customers", **{"filters[legacy_id][conditions][$is]": FORMER}).body["total"] == 1


def test_who_is_here_already_is_given_the_former_id_once(api, project):
    CustomerFactory(project=project, source_id="ben")

    given = api.post("/v1/customers", {"legacy_id": FORMER, "source_id": "ben"})
    other = api.post("/v1/customers", {"legacy_id": OTHER, "source_id": "ben"})

    assert (given.status, given.body["legacy_id"]) == (200, FORMER)
    assert (other.status, other.key) == (409, "duplicate_found")
    assert Customer.objects.get(project=project).legacy_id == FORMER


@pytest.mark.parametrize("text", ["cust_x", f"{FORMER}0", "cust_0000000000000000000000", 5, ""])
def test_what_was_no_id_elsewhere_is_refused(api, text):
    answer = api.post("/v1/customers", {"legacy_id": text})

    assert (answer.status, answer.paths) == (400, ["legacy_id"])


def test_an_unknown_one_creates_nobody_where_it_is_not_said_to_be_one(api, project, mallory, ben):
    a_definition(project, "signed_up")

    for answer in (
        api.post("/v1/customers", {"id": OTHER, "name": "Ben"}),
        api.post("/v1/events", {"event": "signed_up", "customer": {"id": OTHER}}),
        api.get(f"/v1/customers/{OTHER}"),
        mallory.get(f"/v1/customers/{FORMER}"),
    ):
        assert (answer.status, answer.key) == (404, "not_found")
    assert Customer.objects.count() == 1


def test_it_names_the_customer_wherever_one_is_named(api, project, ben):
    definition = a_definition(project, "signed_up")
    club = a_loyalty_programme(project)
    referrals = a_referral_programme(project, definition, club=club, referrer_points=5)
    code = a_published_code(referrals, "NRY-01", to="ada")
    who = {"customer": {"id": FORMER}}

    tracked = api.post("/v1/events", {"event": "signed_up", **who}).body["customer"]
    batch = api.post("/v1/events/batch", {"events": [{"event": "signed_up", **who}]}).body["data"][0]
    ticket = api.post("/v1/event-tickets", {"event": "signed_up", "customer": FORMER}).body["ticket"]
    browser = api.raw(
        "POST",
        "/client/v1/events",
        f'{{"event": "signed_up", "customer": {{"id": "{FORMER}"}}}}'.encode(),
        headers={"X-Event-Ticket": ticket, "Origin": "https://shop.example"},
    )
    published = api.post("/v1/publications", {"campaign": club.name, **who}).body
    member = api.get(f"/v1/loyalties/{club.public_id}/members", customer=FORMER).body["vouchers"]
    holder = api.post(f"/v1/referrals/members/{code.code}/holders", {"holders": [{"id": FORMER}]})
    events = api.get("/v1/events", customer=FORMER).body["data"]

    assert tracked["id"] == batch["event"]["customer"]["id"] == published["customer_id"] == ben.public_id
    assert (browser.status, holder.status, len(member), len(events)) == (200, 200, 1, 3)
    assert len(api.get(f"/v1/customers/{FORMER}/activity").body["data"]) > 3
    assert api.delete(f"/v1/customers/{FORMER}").status == 204
    assert Customer.objects.get(pk=ben.pk).legacy_id is None


def test_one_former_id_is_one_customers_in_a_list_as_well(project):
    CustomerFactory(project=project, source_id="ada")
    with transaction.atomic():
        people = resolve_customers(
            project,
            [
                Profile(source_id="ada", legacy_id=FORMER),
                Profile(source_id="ben", legacy_id=FORMER),
                Profile(legacy_id=OTHER, fields={"name": "Cleo"}),
                Profile(legacy_id=OTHER, fields={"phone": "1"}),
            ],
            now=NOW,
        )

    assert [person and (person.customer.source_id, person.is_new) for person in people] == [
        ("ada", False),
        None,
        (None, True),
        (None, False),
    ]
    assert people[2].customer.phone == "1"


@pytest.mark.parametrize(("body", "statements"), [({"source_id": "ben"}, 0), ({"id": "ours"}, 0), ({"id": FORMER}, 1)])
def test_only_who_names_one_pays_for_it(project, ben, django_assert_num_queries, body, statements):
    profile = Profile(id=ben.public_id, key=ben.pk) if body == {"id": "ours"} else Profile(**body)
    upsert_customers(project, [profile], group_id="v-1", now=NOW)

    with transaction.atomic(), django_assert_num_queries(1 + statements):
        resolve_customers(project, [profile], now=NOW)


def test_the_database_knows_it_once(project, ben):
    with pytest.raises(IntegrityError):
        CustomerFactory(project=project, legacy_id=FORMER)
