"""Deleting metadata schemas, and erasing what they describe, on their pages."""

import pytest
from django.urls import reverse

from customers.models import Customer
from eventschema.models import MetadataSchema
from outbox.actions import RunAction
from projects.models import AsyncAction, Role
from tests.admin.forms import messages_of
from tests.admin.people import a_member, signed_in
from tests.eventschema.test_purging import a_schema_of
from tests.factories import CustomerFactory


@pytest.fixture
def schema(project):
    return a_schema_of(project, "customer", {"plan": {"type": "string", "aliases": ["tariff"]}})


def purge_page(schema):
    purged = schema.properties.get()
    return reverse("admin:eventschema_metadataschema_purge", args=[schema.pk, purged.property_id])


def test_the_page_says_what_will_be_erased_and_the_worker_erases_it(project_admin, project, schema):
    for metadata in ({"plan": "gold"}, {"tariff": "S"}, {"other": 1}):
        CustomerFactory(project=project, metadata=metadata)
    address = purge_page(schema)

    listed = project_admin.get(reverse("admin:eventschema_metadataschema_change", args=[schema.pk]))
    asked = project_admin.get(address).content.decode()
    nothing_yet = AsyncAction.objects.count()
    answer = project_admin.post(address)
    action = AsyncAction.objects.get()
    RunAction().handle({"action": str(action.pk)})

    assert address in listed.content.decode()
    assert ("plan, tariff" in asked, "2 customers" in asked, nothing_yet) == (True, True, 0)
    assert answer.url == reverse("admin:eventschema_metadataschema_change", args=[schema.pk])
    assert sorted(map(tuple, Customer.objects.values_list("metadata", flat=True))) == [(), (), ("other",)]


def test_only_an_admin_of_the_project_erases(marketer, mallorys_project, schema):
    stranger = signed_in(a_member(mallorys_project, Role.ADMIN))
    listed = marketer.get(reverse("admin:eventschema_metadataschema_change", args=[schema.pk])).content.decode()

    answers = [client.post(purge_page(schema)).status_code for client in (marketer, stranger)]

    assert (answers, "Erase its values" in listed, AsyncAction.objects.count()) == ([403, 404], False, 0)


@pytest.mark.parametrize("resource", ["publication", "address"])
def test_what_cannot_be_purged_has_no_such_page(project_admin, project, resource):
    schema = a_schema_of(project, resource, {"plan": {"type": "string"}})

    assert project_admin.get(purge_page(schema)).status_code == 404


def test_a_schema_is_deleted_unless_something_refers_to_it(marketer, project):
    place = a_schema_of(project, "place", {"city": {"type": "string"}})
    customers = a_schema_of(project, "customer", {"home": {"type": "object", "object_type": "place"}})
    addresses = [reverse("admin:eventschema_metadataschema_delete", args=[row.pk]) for row in (place, customers)]

    marketer.post(addresses[0], {"post": "yes"})
    refused = messages_of(marketer)
    for address in reversed(addresses):
        marketer.post(address, {"post": "yes"})

    assert "is in use by metadata schema 'customer'" in refused[0]
    assert not MetadataSchema.objects.exists()
