"""Customers in the admin: made and changed like by the API, deleted by anonymising."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from events.models import Event, StoredEffect
from projects.models import Project
from tests.admin.forms import errors_of, posted
from tests.admin.people import Tenant
from tests.factories import CustomerFactory
from tests.world import a_definition, accept, an_event, customer

ADD, CHANGE, DELETE = (f"customers_customer_{name}" for name in ("add", "change", "delete"))


def rows_of(client: Client, row: Customer, title: str) -> list[list[Any]]:
    """The rows of a panel on a customer's page, links as their texts."""
    page = client.get(reverse(f"admin:{CHANGE}", args=[row.pk]))
    panel = next(panel for panel in page.context["boon_panels"] if panel.title == title)
    return [[getattr(cell, "text", cell) for cell in cells] for cells in panel.rows]


def test_a_customer_is_made_like_by_the_api(marketer: Client, project: Project):
    sent = {
        "source_id": "ada",
        "name": "Ada",
        "city": "London",
        "birthdate": "1815-12-10",
        "metadata": '{"vip": true}',
    }

    posted(marketer, ADD, sent | {"project": project.pk})

    ada = customer(project, "ada")
    assert (ada.name, ada.address, ada.metadata, str(ada.birthdate)) == (
        "Ada",
        {"city": "London"},
        {"vip": True},
        "1815-12-10",
    )
    assert [effect.kind for effect in StoredEffect.objects.filter(customer=ada)] == ["customer.created"]


def test_a_source_id_in_use_is_refused_rather_than_merged(marketer: Client, project: Project):
    CustomerFactory(project=project, source_id="ada", name="Ada")

    answer = posted(marketer, ADD, {"project": project.pk, "source_id": "ada", "name": "Somebody else"})

    assert list(errors_of(answer)) == ["__all__"]
    assert customer(project, "ada").name == "Ada"


def test_a_customer_of_whom_nothing_is_said_is_refused(marketer: Client, project: Project):
    answer = posted(marketer, ADD, {"project": project.pk})

    assert errors_of(answer) == {
        "__all__": ["Say at least one thing that tells this customer from others, such as a source id."]
    }


def test_a_change_touches_what_was_changed_and_goes_through_the_chain(marketer: Client, project: Project):
    ada = CustomerFactory(
        project=project, source_id="ada", name="Ada", email="ada@example.com", address={"city": "London"}
    )
    sent = {"name": "", "email": "ada@example.com", "city": "London", "line_1": "1 Main St", "metadata": '{"n": 1.50}'}

    posted(marketer, CHANGE, sent, ada.pk)

    ada.refresh_from_db()
    effect = StoredEffect.objects.get(customer=ada)
    assert (ada.name, ada.email, ada.address) == (None, "ada@example.com", {"city": "London", "line_1": "1 Main St"})
    assert (effect.kind, effect.data) == ("customer.updated", {"fields": ["name", "address", "metadata.n"]})


def test_saving_without_a_change_changes_nothing(marketer: Client, project: Project):
    ada = CustomerFactory(project=project, name="Ada", metadata={"vip": True})

    posted(marketer, CHANGE, {"name": "Ada", "metadata": '{\n  "vip": true\n}'}, ada.pk)

    ada.refresh_from_db()
    assert ada.updated_at is None
    assert not StoredEffect.objects.exists()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[1]", 'This must be a JSON object, such as {"key": "value"}.'),
        ('{"a": 1, "a": 2}', "This holds the key 'a' twice in one object"),
        ('{"a": "\\u0000"}', "This holds a NUL character or a lone surrogate, which cannot be stored"),
        ("{a: 1}", "This is not JSON: Expecting property name enclosed in double quotes (line 1, column 2)"),
    ],
)
def test_metadata_is_read_as_strictly_as_the_apis(text: str, error: str, marketer: Client, project: Project):
    answer = posted(marketer, ADD, {"project": project.pk, "name": "Ada", "metadata": text})

    assert errors_of(answer) == {"metadata": [error]}


def test_deleting_asks_and_then_anonymises(marketer: Client, adas: Tenant, project: Project):
    a_definition(project, "noted", {"note": {"type": "string", "optional": True, "personal": True}})
    accept(project, an_event("noted", by="ben", metadata={"note": "lives next door"}))
    ben = customer(project, "ben")

    asked = marketer.get(reverse(f"admin:{DELETE}", args=[ben.pk])).content.decode()
    posted(marketer, DELETE, {"post": "yes"}, ben.pk)

    ben.refresh_from_db()
    assert "cannot be undone" in asked
    assert (ben.source_id, ben.name, ben.deleted_at is None) == (None, None, False)
    assert Event.objects.get(customer=ben).metadata == {"note": ""}


def test_many_customers_are_deleted_by_one_action(marketer: Client, project: Project):
    people = [CustomerFactory(project=project) for _ in range(3)]
    sent = {"action": "delete_selected", "_selected_action": [person.pk for person in people], "post": "yes"}

    posted(marketer, "customers_customer_changelist", sent)

    assert Customer.objects.filter(deleted_at=None).count() == 0
    assert Customer.objects.count() == 3


def test_a_deleted_customer_is_listed_only_where_asked_for_and_cannot_be_changed(marketer: Client, project: Project):
    ben = CustomerFactory(project=project, source_id="ben")
    posted(marketer, DELETE, {"post": "yes"}, ben.pk)
    address = reverse("admin:customers_customer_changelist")

    listed = list(marketer.get(address).context["cl"].result_list)
    asked_for = list(marketer.get(address, {"state": "deleted"}).context["cl"].result_list)
    change = posted(marketer, CHANGE, {"name": "Ben"}, ben.pk)

    assert (listed, asked_for, change.status_code) == ([], [ben], 403)


@pytest.mark.parametrize("term", ["Lovelace", "ada@example.com", "shop-77"])
def test_a_search_finds_by_name_address_and_source_id(term: str, marketer: Client, project: Project):
    ada = CustomerFactory(project=project, name="Ada Lovelace", email="ada@example.com", source_id="shop-77")
    CustomerFactory(project=project, name="Ben")

    found = marketer.get(reverse("admin:customers_customer_changelist"), {"q": term}).context["cl"].result_list

    assert list(found) == [ada]


def test_a_search_finds_by_the_id_of_the_api_and_by_a_former_one(marketer: Client, project: Project):
    ada = CustomerFactory(project=project, legacy_id="cust_" + "a1B2" * 6)

    for term in (ada.public_id, ada.legacy_id):
        found = marketer.get(reverse("admin:customers_customer_changelist"), {"q": term}).context["cl"]
        assert list(found.result_list) == [ada]


def test_a_customers_page_shows_cards_referrals_and_activity(superuser: Client, adas: Tenant):
    ben = adas.rows["customers_customer"]

    cards = rows_of(superuser, ben, "Loyalty cards")
    referrals = rows_of(superuser, ben, "Referrals")
    activity = rows_of(superuser, ben, "Activity")

    assert [cells[1:] for cells in cards] == [["ada-club", "60", "60"]]
    assert [cells[:4] for cells in referrals] == [["was referred by", "ada-ada", "ada-friends", "Counted"]]
    assert {cells[1] for cells in activity} == {
        "Customer created",
        "Referral counted",
        "Code given",
        "Reward granted",
        "Points earned",
    }
