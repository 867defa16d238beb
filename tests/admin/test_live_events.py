"""The page of live events: accepted and rejected together, narrowed by its address, read on without losing a row."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from common.ids import first_key_at
from events.models import Event, RejectedEvent
from projects.models import Project, Role
from tests.admin.people import Tenant, a_member, signed_in
from tests.factories import CustomerFactory, UserFactory
from tests.hostile_texts import HOSTILE_TEXTS
from tests.world import NOW, a_definition, accept, an_event, send

PAGE = "admin:events_event_live"
ROWS = "admin:events_event_live_rows"
AMOUNT = {"type": "number", "optional": False}
PERSONAL = {"type": "string", "optional": True, "personal": True}


def names(client: Client, **query: str) -> list[str]:
    """`status name` of every row of the page, from the top."""
    page = client.get(reverse(PAGE), query)
    return [f"{row.status} {row.name}" for row in page.context["rows"]]


def cursor(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))


def asked(client: Client, since: datetime | int | None = None, **query: str) -> Any:
    """What the page's script is answered."""
    start = datetime.now(UTC) - timedelta(minutes=1) if since is None else since
    text = cursor(start) if isinstance(start, datetime) else str(start)
    return client.get(reverse(ROWS), {"since": text, **query}).json()


@pytest.fixture
def paid(project: Project) -> Any:
    return a_definition(project, "paid", {"amount": AMOUNT})


def an_old_event(project: Project, age: timedelta, number: int = 0) -> Event:
    """One whose key is older than now, as another process may still write it."""
    moment = datetime.now(UTC) - age
    return Event.objects.create(
        id=UUID(int=first_key_at(moment).int + number),
        project=project,
        version=0,
        name=f"late-{number}",
        customer=CustomerFactory(project=project),
        channel="API",
        occurred_at=moment,
        received_at=moment,
    )


def test_accepted_and_rejected_events_stand_together_the_newest_on_top(viewer: Client, project: Project, paid: Any):
    send(project, an_event("paid", metadata={"amount": 1}))
    send(project, an_event("paid", metadata={"amount": "12"}))
    send(project, an_event("unheard_of"))
    send(project, an_event("paid", metadata={"amount": 2}))

    assert names(viewer) == ["accepted paid", "rejected unheard_of", "rejected paid", "accepted paid"]


def test_a_rejected_event_says_why_and_where(viewer: Client, project: Project, paid: Any):
    send(project, an_event("paid", by="ben", metadata={"amount": "12"}))

    (row,) = viewer.get(reverse(PAGE)).context["rows"]

    assert (row.cause, row.customer.text) == ("metadata_validation_failed", "ben")
    assert row.errors == [("metadata.amount", "amount: must be a number, property is required")]


def test_a_reaction_that_failed_is_told_with_the_customer_of_its_event(viewer: Client, project: Project, paid: Any):
    (accepted,) = accept(project, an_event("paid", by="ben", metadata={"amount": 1}))
    errors = [{"path": "loyalty.reactions.EarnPoints", "code": "KeyError", "message": "'amount'"}]
    RejectedEvent.objects.create(
        project=project, name="paid", key="reaction_failed", reaction="loyalty.reactions.EarnPoints",
        event_id=accepted.event.pk, errors=errors, occurred_at=NOW, created_at=NOW,
    )  # fmt: skip

    failed, _ = viewer.get(reverse(PAGE)).context["rows"]

    assert (failed.status, failed.customer.text, failed.errors) == (
        "failed",
        "ben",
        [("loyalty.reactions.EarnPoints", "'amount'")],
    )


def test_a_row_leads_to_the_trace_of_its_event(viewer: Client, project: Project, paid: Any):
    (accepted,) = accept(project, an_event("paid", metadata={"amount": 1}))

    html = viewer.get(reverse(PAGE)).content.decode()

    assert f'<a href="{reverse("admin:events_event_change", args=[accepted.event.pk])}">paid</a>' in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "accepted"}, ["accepted paid", "accepted opened"]),
        ({"status": "rejected"}, ["rejected unheard_of", "rejected paid"]),
        ({"event": "paid"}, ["accepted paid", "rejected paid"]),
        ({"customer": "ada"}, ["rejected unheard_of", "accepted opened"]),
        ({"cause": "not_found"}, ["rejected unheard_of"]),
        ({"cause": "metadata.amount"}, ["rejected paid"]),
        ({"cause": "metadata.amount", "status": "accepted"}, []),
        ({"customer": "ben", "event": "paid", "status": "accepted"}, ["accepted paid"]),
        ({"customer": "nobody"}, []),
    ],
)
def test_the_address_narrows_the_page_and_what_is_read_on(
    query: dict[str, str], found: list[str], viewer: Client, project: Project, paid: Any
):
    a_definition(project, "opened")
    send(project, an_event("opened", by="ada"))
    send(project, an_event("paid", by="ben", metadata={"amount": "12"}))
    send(project, an_event("unheard_of", by="ada"))
    send(project, an_event("paid", by="ben", metadata={"amount": 2}))

    page = names(viewer, **query)
    told = asked(viewer, **query)["rows"]

    assert page == found
    assert [f'data-key="{row["id"]}"' in row["html"] for row in told] == [True] * len(found)


def test_a_customer_is_found_by_the_id_of_the_api_also_where_a_reaction_failed(
    viewer: Client, project: Project, paid: Any
):
    accepted, _ = accept(project, *(an_event("paid", by=by, metadata={"amount": 1}) for by in ("ben", "ada")))
    RejectedEvent.objects.create(
        project=project, name="paid", reaction="x.Y", event_id=accepted.event.pk, occurred_at=NOW, created_at=NOW
    )
    send(project, {"event": "paid", "customer": {"id": accepted.customer.public_id}, "metadata": {"amount": "x"}})

    assert names(viewer, customer=accepted.customer.public_id) == ["rejected paid", "failed paid", "accepted paid"]


def test_a_customer_is_found_by_a_former_id(viewer: Client, project: Project, paid: Any):
    CustomerFactory(project=project, source_id="ben", legacy_id="cust_" + "a1B2" * 6)
    accept(project, *(an_event("paid", by=by, metadata={"amount": 1}) for by in ("ben", "ada")))

    assert names(viewer, customer="cust_" + "a1B2" * 6) == ["accepted paid"]


def test_a_filter_looks_at_the_newest_rows_alone(
    viewer: Client, project: Project, paid: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("events.admin_live_rows.LOOKED_AT", 2)
    accept(project, *(an_event("paid", by=by, metadata={"amount": 1}) for by in ("ada", "ben", "ben")))

    assert (names(viewer, customer="ada"), names(viewer, customer="ben")) == ([], ["accepted paid"] * 2)


def test_what_is_new_is_told_once_with_the_cursor_of_the_next_call(viewer: Client, project: Project, paid: Any):
    first = asked(viewer)
    (accepted,) = accept(project, an_event("paid", metadata={"amount": 1}))

    second = asked(viewer, first["since"])
    third = asked(viewer, second["since"], known=second["rows"][0]["id"][-12:])

    assert [answer["reset"] for answer in (first, second, third)] == [False] * 3
    assert [[row["id"] for row in answer["rows"]] for answer in (first, second, third)] == [
        [],
        [accepted.event.pk.hex],
        [],
    ]


def test_a_key_that_is_older_than_what_was_told_is_told_once_it_is_there(viewer: Client, project: Project, paid: Any):
    accept(project, an_event("paid", metadata={"amount": 1}))
    first = asked(viewer)

    late = an_old_event(project, timedelta(seconds=8))
    second = asked(viewer, first["since"])

    assert late.pk.hex not in [row["id"] for row in first["rows"]]
    assert late.pk.hex in [row["id"] for row in second["rows"]]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_row_whose_transaction_ends_after_that_of_a_younger_one_is_not_lost(project: Project):
    viewer = signed_in(a_member(project, Role.VIEWER))
    written, told = threading.Event(), threading.Event()
    keys: list[UUID] = []

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                keys.append(an_old_event(project, timedelta(0), 1).pk)
                written.set()
                assert told.wait(30)
        finally:
            connection.close()

    slow = threading.Thread(target=write_slowly)
    slow.start()
    assert written.wait(30)
    quick = an_old_event(project, timedelta(0), 2)
    first = asked(viewer)
    told.set()
    slow.join(30)
    second = asked(viewer, first["since"], known=quick.pk.hex[-12:])

    assert [row["id"] for row in first["rows"]] == [quick.pk.hex]
    assert [row["id"] for row in second["rows"]] == [key.hex for key in keys]


def test_who_was_away_for_long_gets_the_newest_in_place_of_all(viewer: Client, project: Project, paid: Any):
    accept(project, *(an_event("paid", by=str(number), metadata={"amount": 1}) for number in range(60)))

    told = asked(viewer, datetime.now(UTC) - timedelta(minutes=11))

    assert (told["reset"], len(told["rows"])) == (True, 50)


def test_at_most_two_hundred_rows_are_told_the_newest_of_them(viewer: Client, project: Project, paid: Any):
    accepted = accept(project, *(an_event("paid", by=str(number), metadata={"amount": 1}) for number in range(210)))

    told = asked(viewer)["rows"]

    assert [row["id"] for row in told] == [item.event.pk.hex for item in reversed(accepted[10:])]


@pytest.mark.parametrize("since", ["", "x", "-1", "1.5", "99999999999999", "²"])
def test_a_cursor_that_is_none_is_refused(since: str, viewer: Client):
    answer = viewer.get(reverse(ROWS), {"since": since})

    assert (answer.status_code, answer.json()) == (400, {"errors": {"since": ["This is no cursor."]}})


@pytest.mark.parametrize(
    "query", [{"event": "a\0b"}, {"customer": "\0"}, {"status": "x"}, {"event": "x" * 301}, {"project": "1"}]
)
def test_a_filter_that_cannot_be_meant_is_said_at_its_field(
    query: dict[str, str], adas: Tenant, mallorys: Tenant, superuser: Client
):
    page = superuser.get(reverse(PAGE), query)
    told = superuser.get(reverse(ROWS), query | {"since": "1"})

    (field,) = query
    assert (page.status_code, list(page.context["form"].errors), page.context["rows"]) == (200, [field], [])
    assert (told.status_code, list(told.json()["errors"])) == (400, [field])


def test_personal_values_are_on_no_row(viewer: Client, project: Project):
    a_definition(project, "subscribed", {"mail": PERSONAL | {"min_length": 20}, "plan": AMOUNT | {"type": "string"}})
    send(project, an_event("subscribed", metadata={"mail": "long.enough.ben@example.com", "plan": "plus"}))
    send(project, an_event("subscribed", metadata={"mail": "ben@example.com", "plan": 1}))

    html = viewer.get(reverse(PAGE)).content.decode() + str(asked(viewer))

    assert "ben@example.com" not in html
    assert "mail: ***, plan: plus" in html


def test_what_is_sent_is_shown_as_text(viewer: Client, project: Project):
    project.unknown_events = "accept"
    project.save()
    a_definition(project, "paid", {"amount": AMOUNT})
    for place, text in enumerate(HOSTILE_TEXTS):
        ben = {"source_id": f"{place} {text}", "name": text}
        send(project, {"event": text, "customer": ben, "metadata": {text: text}})
        send(project, {"event": "paid", "customer": ben, "metadata": {"amount": text}})

    page = viewer.get(reverse(PAGE)).content.decode()
    told = {row["id"]: row["html"] for row in asked(viewer)["rows"]}

    # What begins with & is what the escaping of another text looks like.
    code = [text for text in HOSTILE_TEXTS if text != escape(text) and not text.startswith("&")]
    assert [text for text in code if text in page + "".join(told.values())] == []
    assert len(told) == 2 * len(HOSTILE_TEXTS)
    rows = {event.pk.hex: event.name for event in Event.objects.all()}
    assert [text for key, text in rows.items() if f">{escape(text)}</a>" not in told[key]] == []


def test_another_tenants_rows_are_never_told(adas: Tenant, mallorys: Tenant):
    send(mallorys.project, an_event("mallory-unheard-of", by="mallory"))
    viewer = signed_in(a_member(adas.project, Role.VIEWER))

    page = viewer.get(reverse(PAGE), {"project": str(mallorys.project.pk)}).content.decode()
    told = asked(viewer)["rows"]

    assert ("mallory" in page, "ada-signed-up" in page) == (False, True)
    assert [row["id"] for row in told] == [
        adas.rows["events_rejectedevent"].pk.hex,
        adas.rows["events_event"].pk.hex,
    ]


def test_a_member_of_two_projects_chooses_one(adas: Tenant, mallorys: Tenant):
    both = a_member(adas.project, Role.VIEWER, "both")
    both.memberships.create(project=mallorys.project, role=Role.VIEWER)
    client = signed_in(both)

    adas_rows = ["rejected ada-signed-up", "accepted ada-signed-up"]
    assert names(client) == ["rejected mallory-signed-up", "accepted mallory-signed-up", *adas_rows]
    assert names(client, project=str(adas.project.pk)) == adas_rows


@pytest.mark.parametrize("address", [PAGE, ROWS])
def test_who_may_not_see_events_sees_none_here(address: str, db: None):
    nobody = signed_in(UserFactory(username="nobody"))

    assert nobody.get(reverse(address), {"since": "1"}).status_code == 403
    assert Client().get(reverse(address), {"since": "1"}).status_code == 302


@pytest.mark.parametrize("count", [1, 50])
def test_an_answer_costs_the_same_for_one_row_and_for_fifty(
    count: int, viewer: Client, project: Project, paid: Any, django_assert_num_queries: Callable[[int], Any]
):
    since = datetime.now(UTC) - timedelta(minutes=1)
    send(project, *(an_event("paid", by=f"a{number}", metadata={"amount": 1}) for number in range(count)))
    send(project, *(an_event("paid", by=f"b{number}", metadata={"amount": "1"}) for number in range(count)))

    # Session, user, memberships; events and what is personal in them; rejected ones and what is personal in them.
    with django_assert_num_queries(7):
        assert len(asked(viewer, since)["rows"]) == 2 * count


def test_an_answer_without_news_costs_two_statements(viewer: Client, django_assert_num_queries: Callable[[int], Any]):
    # Beside session, user and memberships.
    with django_assert_num_queries(5):
        assert asked(viewer)["rows"] == []
