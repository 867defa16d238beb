"""The event log in the admin: masked in the list, whole on its page, with everything that came of an event."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from events.admin_trace import REASONS, effect_in_words
from events.models import StoredEffect
from events.reasons import Reason
from eventschema.models import MetadataSchema
from eventschema.nesting import save_nested_schema
from eventschema.publishing import DefinitionChange, change_definition
from eventschema.spec import PropertySpec
from projects.models import Project
from tests.admin.people import Tenant
from tests.world import NOW, TESTER, a_definition, accept, an_event

LIST = "admin:events_event_changelist"
PERSONAL = {"type": "string", "optional": True, "personal": True}
PLAIN = {"type": "string", "optional": True}


def summaries(client: Client, **query: str) -> list[str]:
    listed = client.get(reverse(LIST), query).context["cl"]
    return [listed.model_admin.summary(event) for event in listed.result_list]


def test_personal_properties_are_masked_in_the_list(viewer: Client, project: Project):
    a_definition(project, "subscribed", {"mail": PERSONAL, "plan": PLAIN})

    accept(project, an_event("subscribed", metadata={"mail": "ben@example.com", "plan": "plus"}))

    assert summaries(viewer) == ["mail: ***, plan: plus"]


def test_a_property_that_is_personal_today_is_masked_in_older_events_too(viewer: Client, project: Project):
    definition = a_definition(project, "subscribed", {"mail": PLAIN})
    accept(project, an_event("subscribed", metadata={"mail": "ben@example.com"}))

    personal = DefinitionChange([PropertySpec("mail", "string", personal=True)])
    change_definition(definition, personal, by=TESTER, now=NOW)

    assert summaries(viewer) == ["mail: ***"]


def test_a_property_that_was_personal_stays_masked_in_the_events_of_then(viewer: Client, project: Project):
    definition = a_definition(project, "subscribed", {"mail": PERSONAL})
    accept(project, an_event("subscribed", metadata={"mail": "ben@example.com"}))

    change_definition(definition, DefinitionChange([PropertySpec("mail", "string")]), by=TESTER, now=NOW)

    assert summaries(viewer) == ["mail: ***"]


def test_personal_keys_of_nested_objects_are_masked(viewer: Client, project: Project):
    specs = [PropertySpec("street", "string", personal=True), PropertySpec("city", "string")]
    save_nested_schema(MetadataSchema(project=project, related_object="place"), specs, by=TESTER, now=NOW)
    where = {"type": "object", "optional": True, "object_type": "place", "array": True}
    a_definition(project, "moved", {"where": where})

    accept(project, an_event("moved", metadata={"where": [{"city": "London", "street": "Main St 1"}]}))

    assert summaries(viewer) == ['where: [{"city":"London","street":"***"}]']


def test_a_former_name_of_a_personal_property_is_masked(viewer: Client, project: Project):
    a_definition(project, "subscribed", {"mail": PERSONAL | {"aliases": ["email"]}})

    accept(project, an_event("subscribed", metadata={"email": "ben@example.com"}))

    assert summaries(viewer) == ["email: ***"]


def test_an_events_page_shows_the_whole_payload(viewer: Client, project: Project):
    a_definition(project, "subscribed", {"mail": PERSONAL})
    (accepted,) = accept(project, an_event("subscribed", metadata={"mail": "ben@example.com"}))

    html = viewer.get(reverse("admin:events_event_change", args=[accepted.event.pk])).content.decode()

    assert "&quot;mail&quot;: &quot;ben@example.com&quot;" in html


def test_what_is_in_a_payload_is_text(viewer: Client, project: Project):
    a_definition(project, "subscribed")
    (accepted,) = accept(project, an_event("subscribed", metadata={"x": "<script>alert(1)</script>"}))

    pages = [reverse(LIST), reverse("admin:events_event_change", args=[accepted.event.pk])]

    assert [b"<script>alert(1)" in viewer.get(page).content for page in pages] == [False, False]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence(reason: Reason):
    assert REASONS[reason].endswith(".")


def test_every_kind_of_effect_has_words(superuser: Client, adas: Tenant):
    kinds = StoredEffect.objects.exclude(kind=StoredEffect.DECLINED).values_list("kind", flat=True).distinct()

    unnamed = [kind for kind in kinds if effect_in_words(StoredEffect(kind=kind)) == kind]

    assert unnamed == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "ada"}, ["subscribed"]),
        ({"q": "ben@example.com"}, ["paid"]),
        ({"q": "paid"}, ["paid"]),
        ({"q": "nobody"}, []),
        ({"channel": "CLIENT_API"}, []),
        ({"occurred_at__gte": "2026-11-22 00:00:00+00:00"}, ["paid", "subscribed"]),
        ({"occurred_at__lt": "2026-11-22 00:00:00+00:00"}, []),
    ],
)
def test_the_log_is_filtered_by_customer_event_and_date(
    query: dict[str, str], found: list[str], viewer: Client, project: Project
):
    a_definition(project, "subscribed")
    a_definition(project, "paid")
    ben: dict[str, Any] = {"customer": {"source_id": "ben", "email": "ben@example.com"}}
    accept(project, an_event("subscribed", by="ada"), an_event("paid") | ben)

    listed = viewer.get(reverse(LIST), query).context["cl"].result_list

    assert [event.name for event in listed] == found


def test_the_log_is_filtered_by_definition(viewer: Client, project: Project):
    a_definition(project, "subscribed")
    paid = a_definition(project, "paid")
    accept(project, an_event("subscribed", by="ada"), an_event("paid"))

    listed = viewer.get(reverse(LIST), {"definition__id__exact": str(paid.pk)}).context["cl"].result_list

    assert [event.name for event in listed] == ["paid"]


def test_an_event_is_found_by_the_id_of_the_api(viewer: Client, project: Project):
    a_definition(project, "subscribed")
    first, _ = accept(project, an_event("subscribed", by="ada"), an_event("subscribed"))

    listed = viewer.get(reverse(LIST), {"q": first.event.public_id}).context["cl"].result_list

    assert [event.pk for event in listed] == [first.event.pk]
