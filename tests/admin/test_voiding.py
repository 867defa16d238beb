"""Voiding an event in the admin: what it says before, what it does, and who may."""

import pytest
from django.test import Client
from django.urls import reverse

from events.models import Event, EventVoid
from loyalty.balances import adjust_balance
from loyalty.models import LoyaltyCard
from projects.models import Project, Role
from tests.admin.forms import errors_of, messages_of, posted
from tests.admin.people import Tenant, a_member, signed_in
from tests.world import NOW, TESTER, balances

PAGE = "events_event_void"


@pytest.fixture
def event(adas: Tenant) -> Event:
    return adas.rows["events_event"]


@pytest.fixture
def marketer(adas: Tenant) -> Client:
    return signed_in(a_member(adas.project, Role.MARKETER))


def spend(project: Project, points: int) -> None:
    card = LoyaltyCard.objects.get(project=project, customer__source_id="ada-ben")
    adjust_balance(card, -points, reason="A mug", source_id=None, group_id="", now=NOW, by=TESTER)


def panels(client: Client, event: Event) -> dict[str, list[list[str]]]:
    """The rows of the page that asks, by the titles of its panels."""
    form = client.get(reverse(f"admin:{PAGE}", args=[event.pk])).context["form"]
    return {panel.title: [[str(getattr(c, "text", c)) for c in row] for row in panel.rows] for panel in form.panels}


def test_the_page_says_what_would_be_reversed_and_changes_nothing(marketer: Client, event: Event, adas: Tenant):
    shown = panels(marketer, event)

    assert [row[0] for row in shown["What is reversed"]] == [
        "Points taken back",
        "Referral no longer counted",
        "Reward taken back",
        "Reward taken back",
        "Points taken back",
        "Points taken back",
        "Code taken back",
        "Code taken back",
    ]
    assert shown["What stands"] == []
    assert EventVoid.objects.count() == 0
    assert balances(adas.project) == {"ada-ben": 60, "ada-ada": 100}


def test_an_event_is_voided_with_its_reason_by_who_is_signed_in(marketer: Client, event: Event, adas: Tenant):
    posted(marketer, PAGE, {"reason": "Sent twice"}, event.pk)

    void = EventVoid.objects.get()
    assert (void.pk, void.reason, void.actor) == (event.pk, "Sent twice", f"{Role.MARKETER}-of-ada-shop")
    assert LoyaltyCard.objects.filter(project=adas.project, closed_at=None).count() == 0
    assert messages_of(marketer) == ["The event is void."]


def test_where_points_are_spent_the_page_says_so_and_asks_for_force(marketer: Client, event: Event, adas: Tenant):
    spend(adas.project, 55)

    page = marketer.get(reverse(f"admin:{PAGE}", args=[event.pk]))
    refused = posted(marketer, PAGE, {"reason": ""}, event.pk)

    assert "55 points are spent already" in page.context["form"].fields["force"].help_text
    assert [row[0] for row in panels(marketer, event)["What stands"]] == ["Points of the event were spent."]
    assert errors_of(refused) == {
        "__all__": ["55 of the points that the event brought are spent; with force the rest is taken back"]
    }
    assert EventVoid.objects.count() == 0


def test_by_force_what_is_left_is_taken(marketer: Client, event: Event, adas: Tenant):
    spend(adas.project, 55)

    posted(marketer, PAGE, {"force": "on"}, event.pk)

    assert (EventVoid.objects.get().shortfall, balances(adas.project)["ada-ben"]) == (55, 0)
    assert messages_of(marketer) == ["The event is void. 55 points were spent and stay."]


def test_a_voided_event_says_so_in_the_list_and_on_its_page_and_has_no_button(marketer: Client, event: Event):
    url = reverse("admin:events_event_change", args=[event.pk])
    button = reverse(f"admin:{PAGE}", args=[event.pk])
    before = button in marketer.get(url).content.decode()

    posted(marketer, PAGE, {}, event.pk)
    posted(marketer, PAGE, {}, event.pk)

    listed = marketer.get(reverse("admin:events_event_changelist")).context["cl"].result_list
    assert (before, button in marketer.get(url).content.decode()) == (True, False)
    assert [row.void for row in listed] == [EventVoid.objects.get()]


def test_who_comes_too_late_is_told(marketer: Client, event: Event):
    posted(marketer, PAGE, {"reason": "first"}, event.pk)
    posted(marketer, PAGE, {"reason": "second"}, event.pk)

    assert messages_of(marketer)[-1] == f"The event was voided before, by {Role.MARKETER}-of-ada-shop."
    assert EventVoid.objects.get().reason == "first"


def test_a_viewer_voids_nothing(adas: Tenant, event: Event):
    viewer = signed_in(a_member(adas.project, Role.VIEWER))

    answer = posted(viewer, PAGE, {"reason": "x"}, event.pk)

    assert (answer.status_code, EventVoid.objects.count()) == (403, 0)


def test_mallorys_event_is_not_there_for_ada(marketer: Client, mallorys: Tenant):
    answer = posted(marketer, PAGE, {"reason": "x"}, mallorys.rows["events_event"].pk)

    assert (answer.status_code, EventVoid.objects.count()) == (302, 0)
