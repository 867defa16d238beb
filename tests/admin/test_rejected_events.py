"""Rejected events in the admin: what causes them, mended with a look at what would come of it, and replayed."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from events.models import Event, RejectedEvent, RejectedTally
from events.replaying import CHUNK
from eventschema.models import EventDefinition
from outbox.actions import RunAction
from projects.models import AsyncAction, Project, Role
from tests.admin.people import Tenant, a_member, signed_in
from tests.world import a_definition, an_event, send

LIST = reverse("admin:events_rejectedevent_changelist")
REPLAY = reverse("admin:events_rejectedevent_replay")
PAID = {"amount": {"type": "number", "optional": False}}
CAUSE = "metadata_validation_failed metadata.amount:type"


@pytest.fixture
def shop(project: Project) -> Project:
    a_definition(project, "paid", PAID)
    return project


def a_payment(amount: Any = "12", by: str = "ben") -> dict[str, Any]:
    return an_event("paid", by=by, metadata={"amount": amount})


def causes(client: Client, **query: str) -> list[list[str]]:
    """The rows of the panel on top of the list, links as their texts."""
    panel = client.get(LIST, query).context["causes"]
    return [[str(getattr(cell, "text", cell)) for cell in row] for row in panel.rows]


def of_cause(project: Project) -> dict[str, str]:
    return {"project": str(project.pk), "event": "paid", "cause": CAUSE}


def post(client: Client, query: dict[str, Any], **data: str) -> Any:
    return client.post(reverse("admin:events_rejectedevent_replay", query=query), data)


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_causes_are_counted_before_the_events_are_listed(marketer: Client, shop: Project):
    send(shop, *(a_payment(by=f"customer {n}") for n in range(3)), an_event("unheard_of"))

    found = causes(marketer)

    times = ["2026-11-22 10:00:00 UTC"] * 2
    assert found == [
        ["3", CAUSE, "paid", "Shop", *times, "Example", "Mend and replay"],
        ["1", "not_found custom_event_schema", "unheard_of", "Shop", *times, "Example", "Mend and replay"],
    ]


def test_a_cause_leads_to_its_events(marketer: Client, shop: Project):
    send(shop, a_payment(), an_event("unheard_of"))
    panel = marketer.get(LIST).context["causes"]

    (url,) = [row[1].url for row in panel.rows if row[2] == "paid"]

    assert [row.name for row in marketer.get(url).context["cl"].result_list] == ["paid"]


def test_what_was_dropped_is_said(marketer: Client, shop: Project, mallorys_project: Project):
    RejectedTally.objects.create(project=shop, dropped_count=7)
    RejectedTally.objects.create(project=mallorys_project, dropped_count=90)

    assert "7 rejected events older than 30 days" in marketer.get(LIST).content.decode()


def test_a_page_shows_the_payload_masked_and_every_error(viewer: Client, project: Project):
    a_definition(project, "paid", PAID | {"mail": {"type": "string", "optional": True, "personal": True}})
    send(project, an_event("paid", metadata={"amount": "<b>12", "mail": "ben@example.com"}))

    page = viewer.get(reverse("admin:events_rejectedevent_change", args=[RejectedEvent.objects.get().pk]))

    html = page.content.decode()
    assert page.context["boon_panels"][0].rows == [
        [
            "metadata.amount",
            "type",
            "amount: must be a number, property is required (actual value is '<b>12')",
            "<b>12",
        ]
    ]
    assert ("&lt;b&gt;12" in html, "<b>12" in html, "ben@example.com" in html) == (True, False, False)


def test_a_definitions_page_says_how_many_of_its_events_are_rejected(viewer: Client, shop: Project):
    send(shop, a_payment(), a_payment())

    definition = EventDefinition.objects.get(project=shop)
    page = viewer.get(reverse("admin:eventschema_eventdefinition_change", args=[definition.pk]))

    *_, link = page.context["boon_links"]
    assert link.text == "2 rejected events"
    assert len(viewer.get(link.url).context["cl"].result_list) == 2


def test_the_form_proposes_the_cast_that_the_definition_asks_for(marketer: Client, shop: Project):
    send(shop, a_payment())

    form = marketer.get(REPLAY, of_cause(shop)).context["form"]

    assert form["cast"].value() == "amount = number"


def test_a_preview_says_what_would_come_of_it_and_writes_nothing(marketer: Client, shop: Project):
    send(shop, *(a_payment(by=f"customer {n}") for n in range(3)), a_payment("twelve"), a_payment("dozen"))

    page = post(marketer, of_cause(shop), cast="amount = number", step="preview")

    assert page.context["report"] == "3 of 5 would be accepted, 2 would stay rejected."
    assert page.context["reasons"].rows == [["2", "amount: cannot be cast to number"]]
    assert (Event.objects.count(), set(RejectedEvent.objects.values_list("attempts", flat=True))) == (0, {1})


def test_a_replay_accepts_what_it_mended_and_says_what_stays(marketer: Client, shop: Project):
    send(shop, a_payment(), a_payment("twelve"))

    answer = post(marketer, of_cause(shop), cast="amount = number", step="replay")

    assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
    assert told(answer) == ["1 of 2 accepted, 1 stayed rejected."]
    assert Event.objects.get().metadata == {"amount": 12}


def test_more_than_a_transaction_takes_is_left_to_the_worker(marketer: Client, shop: Project):
    send(shop, *(a_payment(by=f"customer {n:03}") for n in range(CHUNK + 1)))

    page = post(marketer, of_cause(shop), cast="amount = number", step="preview")
    answer = post(marketer, of_cause(shop), cast="amount = number", step="replay")
    before = Event.objects.count()
    action = AsyncAction.objects.get()
    RunAction().handle({"action": str(action.pk)})

    assert page.context["report"] == "Of the first 500: 500 of 500 would be accepted."
    assert told(answer) == [
        "The worker replays them now "
        f'(<a class="boon-link" href="/admin/projects/asyncaction/{action.pk}/change/">{action.public_id}</a>). '
        "What stays is listed here with its reason."
    ]
    assert (before, Event.objects.count()) == (0, CHUNK + 1)


def test_chosen_events_are_mended_alone(marketer: Client, shop: Project):
    send(shop, a_payment("1", by="ada"), a_payment("2", by="ben"))
    ada = RejectedEvent.objects.order_by("pk")[0]

    chosen = marketer.post(LIST, {"action": "replay_chosen", "_selected_action": [ada.pk]})
    marketer.post(chosen.headers["Location"], {"cast": "amount = number", "step": "replay"})

    assert Event.objects.get().customer.source_id == "ada"


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({"cast": "amount"}, {"cast": ["Must be written as name = …, not 'amount'"]}),
        (
            {"cast": "amount = money"},
            {"cast": ["amount must be one of string, number, boolean, date, datetime, image_url, geopoint, object"]},
        ),
        (
            {"rename": "a = b.c"},
            {"rename": ["a must be the new name alone, which must hold no dot, no $ and no control character"]},
        ),
    ],
)
def test_an_edit_that_cannot_be_meant_is_said_at_its_field(
    marketer: Client, shop: Project, data: dict[str, str], errors: dict[str, list[str]]
):
    send(shop, a_payment())

    page = post(marketer, of_cause(shop), step="replay", **data)

    assert (page.status_code, page.context["form"].errors) == (200, errors)
    assert not Event.objects.exists()


def test_a_viewer_sees_and_replays_nothing(viewer: Client, shop: Project):
    send(shop, a_payment())
    row = RejectedEvent.objects.get()

    page = post(viewer, of_cause(shop), cast="amount = number", step="replay")
    viewer.post(LIST, {"action": "replay_chosen", "_selected_action": [row.pk]})

    assert page.status_code == 403
    assert [found[-1] for found in causes(viewer)] == [""]
    assert b"Mend and replay" not in viewer.get(LIST).content
    assert not Event.objects.exists()


def test_anothers_project_and_one_that_is_not_there_are_alike(adas: Tenant, mallorys: Tenant):
    ada = signed_in(a_member(adas.project, Role.ADMIN, "ada"))
    queries = [
        {"project": str(mallorys.project.pk), "event": "x"},
        {"project": "00000000-0000-0000-0000-000000000000", "event": "x"},
        {"project": "nonsense", "event": "x"},
        {"project": str(adas.project.pk)},
        {"project": str(adas.project.pk), "id": "rej_1"},
    ]

    assert [ada.get(REPLAY, query).status_code for query in queries] == [404] * 5


def test_anothers_event_is_not_replayed_by_its_id(adas: Tenant, mallorys: Tenant):
    ada = signed_in(a_member(adas.project, Role.ADMIN, "ada"))
    row = mallorys.rows["events_rejectedevent"]

    answer = post(ada, {"project": str(adas.project.pk), "id": row.public_id}, step="replay", set="amount = 1")

    row.refresh_from_db()
    assert (told(answer), row.replayed_at) == (["0 of 0 accepted."], None)


def test_events_of_two_projects_are_not_mended_together(superuser: Client, adas: Tenant, mallorys: Tenant):
    rows = [tenant.rows["events_rejectedevent"].pk for tenant in (adas, mallorys)]

    answer = superuser.post(LIST, {"action": "replay_chosen", "_selected_action": rows})

    assert told(answer) == ["Choose at most 100 events of one project, or replay all of a cause."]
