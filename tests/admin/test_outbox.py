"""The outbox in the admin: what state a message is in, why, and letting it be tried again."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from outbox.models import OutboxMessage, State
from projects.models import AsyncAction, AuditEntry, Project
from tests.admin.forms import messages_of, posted
from tests.admin.people import a_parked_message
from tests.world import NOW

LIST = "outbox_outboxmessage_changelist"


@pytest.fixture
def by_state(project: Project) -> dict[str, OutboxMessage]:
    """A message in each state, by the state's name."""
    messages = {state: a_parked_message(project, state) for state in State.values}
    for state, columns in {
        "waiting": {"dead_at": None, "attempts": 0, "last_error": ""},
        "retrying": {"dead_at": None, "attempts": 3},
        "parked": {},
        "done": {"dead_at": None, "done_at": NOW, "attempts": 1},
    }.items():
        OutboxMessage.objects.filter(pk=messages[state].pk).update(**columns)
        messages[state].refresh_from_db()
    return messages


@pytest.mark.parametrize("state", State.values)
def test_the_list_can_be_narrowed_to_a_state(state: str, viewer: Client, by_state: dict[str, OutboxMessage]):
    answer = viewer.get(reverse(f"admin:{LIST}"), {"state": state})

    assert list(answer.context["cl"].result_list) == [by_state[state]]
    assert by_state[state].state == state


def test_a_page_shows_the_error_of_the_last_try(viewer: Client, by_state: dict[str, OutboxMessage]):
    page = viewer.get(reverse("admin:outbox_outboxmessage_change", args=[by_state["parked"].pk]))

    html = page.content.decode()
    assert [word for word in ("Unfit: out of order", "Parked") if word not in html] == []


def test_a_message_is_found_by_its_id(viewer: Client, by_state: dict[str, OutboxMessage]):
    answer = viewer.get(reverse(f"admin:{LIST}"), {"q": by_state["done"].public_id})

    assert list(answer.context["cl"].result_list) == [by_state["done"]]


def test_a_marketer_lets_the_parked_of_the_chosen_be_tried_again(marketer: Client, by_state: dict[str, OutboxMessage]):
    sent = {"action": "try_again", "_selected_action": [message.pk for message in by_state.values()]}

    asked = posted(marketer, LIST, sent)
    before = OutboxMessage.objects.in_state(State.PARKED).count()
    posted(marketer, LIST, sent | {"confirmed": "yes"})

    assert (asked.status_code, before) == (200, 1)
    assert messages_of(marketer) == ["The worker tries 1 of them again."]
    tried = OutboxMessage.objects.get(pk=by_state["parked"].pk)
    assert (tried.state, tried.attempts, tried.last_error) == (State.RETRYING, 0, "Unfit: out of order")
    assert [entry.action for entry in AuditEntry.objects.all()] == ["outbox.tried_again"]


def test_there_is_nothing_to_try_again_where_nothing_is_parked(marketer: Client, by_state: dict[str, OutboxMessage]):
    posted(marketer, LIST, {"action": "try_again", "_selected_action": [by_state["done"].pk]})

    assert messages_of(marketer) == ["None of these is parked and yours to try again."]


def test_one_message_is_tried_again_from_its_page(marketer: Client, by_state: dict[str, OutboxMessage]):
    message = by_state["parked"]

    posted(marketer, "outbox_outboxmessage_try-again", {}, message.pk)

    assert messages_of(marketer) == ["The worker tries it again."]
    message.refresh_from_db()
    assert message.state == State.RETRYING


@pytest.mark.parametrize(("state", "count"), [("parked", 1), ("retrying", 0), ("done", 0)])
def test_only_a_parked_message_offers_to_be_tried_again(
    state: str, count: int, marketer: Client, by_state: dict[str, OutboxMessage]
):
    page = marketer.get(reverse("admin:outbox_outboxmessage_change", args=[by_state[state].pk]))

    assert [link.text for link in page.context["boon_links"]] == ["Try again"] * count


def test_an_action_lists_what_failed_and_leads_to_its_message(viewer: Client, project: Project):
    failed = [{"source_id": f"customer {number}", "reason": "No such customer"} for number in range(60)]
    action = AsyncAction.objects.create(
        project=project,
        type="COUNT",
        created_at=NOW,
        updated_at=NOW + timedelta(hours=1),
        failed_count=60,
        failed=failed,
    )
    message = a_parked_message(project, "async_action", key=str(action.pk))
    OutboxMessage.objects.filter(pk=message.pk).update(payload={"action": str(action.pk)})

    page = viewer.get(reverse("admin:projects_asyncaction_change", args=[action.pk]))
    followed = viewer.get(page.context["boon_links"][0].url)
    back = viewer.get(reverse("admin:outbox_outboxmessage_change", args=[message.pk]))

    [panel] = page.context["boon_panels"]
    assert (panel.title, len(panel.rows), panel.rows[0]) == (
        "What failed (60)",
        50,
        ["customer 0", "No such customer"],
    )
    assert list(followed.context["cl"].result_list) == [message]
    assert reverse("admin:projects_asyncaction_change", args=[action.pk]) in back.content.decode()


def test_an_action_is_found_by_its_id(viewer: Client, project: Project):
    actions = [AsyncAction.objects.create(project=project, type="COUNT", created_at=NOW, updated_at=NOW) for _ in "ab"]

    answer = viewer.get(reverse("admin:projects_asyncaction_changelist"), {"q": actions[0].public_id})

    assert list(answer.context["cl"].result_list) == actions[:1]
