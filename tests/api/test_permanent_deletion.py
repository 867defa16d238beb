"""Permanent deletion (contract d.3): the person is in no column of no table any more, the books are as they were."""

import io

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns.models import Holder, Voucher
from common.jsons import dumps
from customers.models import Customer
from events.models import Event, IdempotencyKey, RejectedEvent, StoredEffect
from exports.models import Export, ExportPart
from gifts.models import GiftCard, GiftEntry
from loyalty.models import LedgerEntry, LoyaltyCard
from outbox.actions import RunAction
from outbox.models import OutboxMessage
from projects.models import AsyncAction, Project
from referrals.models import Conversion
from tests.api.caller import Upload
from tests.factories import UserFactory
from tests.webhooks.sent import queued
from tests.webhooks.world import a_webhook
from tests.world import a_definition, customer
from webhooks.models import Attempt, SendOut

MARK = "Xerxes"
FORMER = "cust_" + "Xerxes12" * 3
BOOKS = (LedgerEntry, LoyaltyCard, GiftEntry, Conversion, Voucher, Event)


def everything_said(mark):
    """`table.column` of every column of every table in which the text stands, in any case."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for column in connection.introspection.get_table_description(cursor, table):
                name = connection.ops.quote_name(column.name)
                cursor.execute(
                    f"SELECT count(*) FROM {connection.ops.quote_name(table)}"
                    f" WHERE lower(CAST({name} AS text)) LIKE %s",
                    [f"%{mark.lower()}%"],
                )
                if cursor.fetchone()[0]:
                    found.append(f"{table}.{column.name}")
    return sorted(found)


def books():
    return {model.__name__: sorted(model.objects.values_list(*FIGURES[model])) for model in BOOKS}


FIGURES = {
    LedgerEntry: ("pk", "card", "kind", "points", "balance_after", "lifetime_after", "source"),
    GiftEntry: ("pk", "card", "kind", "credits", "balance_after"),
    LoyaltyCard: ("pk", "balance", "lifetime"),
    Conversion: ("pk", "status", "referrer", "referee"),
    Voucher: ("pk", "code", "holder"),
    Event: ("pk", "name", "customer"),
}


@pytest.fixture
def said(api, project, shop):
    """A person of whom everything is said that can be, in every place that a sender or a colleague can reach."""
    Project.objects.filter(pk=project.pk).update(unknown_events="accept")
    a_definition(
        project,
        "told",
        {
            "note": {"type": "string", "optional": True},
            "age": {"type": "number", "optional": True},
            "secret": {"type": "string", "optional": True, "personal": True, "eq": [MARK, "b"]},
            "deep": {"type": "object", "optional": True},
        },
    )
    profile = {
        "source_id": f"{MARK}-1",
        "legacy_id": FORMER,
        "name": MARK,
        "description": MARK,
        "email": f"{MARK}@x.io",
        "phone": MARK,
        "address": {"city": MARK, "line_1": MARK},
        "metadata": {"nick": MARK, f"{MARK}'s": 1},
    }
    assert api.post("/v1/customers", profile).status == 200
    who = {"source_id": f"{MARK}-1"}
    metadata = {"note": MARK, "age": 5, "secret": MARK, "deep": {MARK: [MARK]}, f"{MARK}'s": 1}
    send = {"event": "told", "customer": {**who, "metadata": {f"{MARK} 2": 1}}, "metadata": metadata}
    code = {"referral": {"code": shop.code.code}}
    for body in (
        {**send, "id": "order-1"},
        {**send, "event": "unheard of"},
        {"event": shop.definition.name, "customer": who, **code, "metadata": {"note": MARK}, "id": "order-2"},
    ):
        assert api.post("/v1/events", body).status == 200
    Project.objects.filter(pk=project.pk).update(unknown_events="reject")
    project.refresh_from_db()
    for refused in (
        {**send, "metadata": {"note": 5, "extra": MARK}},
        {**send, "customer": {"email": f"{MARK}@x.io"}, "metadata": {"note": 5}},
        {**send, "customer": {"id": FORMER}, "metadata": {"note": 5}},
    ):
        assert api.post("/v1/events", refused).status == 400
    person = customer(project, f"{MARK}-1")
    event = api.get("/v1/events", customer=f"{MARK}-1", event="told").body["data"][0]["id"]
    assert api.post(f"/v1/events/{event}/void", {"reason": f"{MARK} asked for it"}).status == 200
    card = Voucher.objects.get(holder=person)
    balance = {"points": 5, "reason": f"Sorry, {MARK}"}
    assert api.post(f"/v1/loyalties/members/{card.code}/balance", balance).status == 200
    Voucher.objects.filter(pk=card.pk).update(metadata={"for": MARK}, additional_info=MARK)
    api.post(f"/v1/campaigns/{shop.referrals.public_id}/vouchers/NEW-1")
    published = {"voucher": "NEW-1", "customer": who, "metadata": {"for": MARK}}
    assert api.post("/v1/publications", published).status == 200
    Holder.objects.filter(customer=person).update(metadata={"for": MARK})
    wrong = api.post("/v1/customers/bulk/async", [{**who, "birthdate": MARK}, {**who, "email": 5}])
    RunAction().handle({"action": str(AsyncAction.objects.exclude(payload={}).get().pk)})
    assert wrong.status == 202
    api.post("/v1/customers/bulk/async", [{**who, "name": f"{MARK} II"}, {"source_id": "ada"}])
    api.call("POST", "/v1/customers/importCSV", Upload(file=f"Source_id,Name\nada,Ada\n{MARK}-1,{MARK}\n"))
    api.post("/v1/customers/metadata/async", {"source_ids": [f"{MARK}-1"], "metadata": {"a": 1}})
    OutboxMessage.objects.create(
        project=project,
        topic="webhook",
        payload={"customer": {"id": person.public_id, "name": MARK}},
        dedupe_key="w-1",
        created_at=person.created_at,
        available_at=person.created_at,
    )
    about_them(project, person)
    given = GiftCard.objects.create(voucher=card, project=project, created_at=person.created_at)
    GiftEntry.objects.create(
        card=given,
        project=project,
        kind="addition",
        credits=5,
        reason=f"Sorry, {MARK}",
        balance_after=5,
        amount_after=5,
        created_at=person.created_at,
    )
    export = Export.objects.create(project=project, kind="x", status="DONE", created_at=person.created_at)
    ExportPart.objects.create(export=export, run=export.pk, position=0, text=f"Sorry, {MARK}")
    LogEntry.objects.log_actions(
        UserFactory().pk, [person], CHANGE, change_message=f"Renamed to {MARK}", single_object=True
    )
    return person


def about_them(project, person):
    """What was sent about the person, what waits, and what only names them, with what was answered."""
    webhook = a_webhook(project, "customer.created")
    own = queued(project, webhook, 2, customer_id=person.pk, body={"data": MARK}, headers={"x-who": MARK})
    named = [
        *queued(project, webhook, body={"to": f"{MARK}@x.io"}),
        *queued(project, webhook, body={"who": person.public_id}),
    ]
    SendOut.objects.filter(pk=own[0].pk).update(status="delivered", next_at=None, ended_at=person.created_at)
    for row in (*own, *named):
        Attempt.objects.create(
            project=project,
            send_out=row,
            number=1,
            started_at=person.created_at,
            took_ms=1,
            reply=f"Hello {MARK}",
            error=MARK,
            request_headers={"x-who": MARK},
        )


PLACES = {
    "webhooks_sendout.body",
    "webhooks_sendout.headers",
    "webhooks_attempt.reply",
    "webhooks_attempt.error",
    "webhooks_attempt.request_headers",
    "customers_customer.name",
    "customers_customer.legacy_id",
    "customers_customer.address",
    "django_admin_log.object_repr",
    "events_effect.data",
    "events_event.metadata",
    "events_eventvoid.reason",
    "events_idempotencykey.answer",
    "events_rejectedevent.payload",
    "campaigns_publication.metadata",
    "campaigns_holder.metadata",
    "campaigns_voucher.metadata",
    "campaigns_voucher.additional_info",
    "loyalty_ledgerentry.reason",
    "gifts_giftentry.reason",
    "exports_exportpart.text",
    "outbox_message.payload",
    "projects_asyncaction.payload",
    "projects_asyncaction.failed",
}


def test_nothing_is_left_of_the_person_and_all_of_the_books(api, project, said):
    assert set(everything_said(MARK)) >= PLACES
    before, totals = books(), api.get("/v1/customers").body["total"]
    counts = Event.objects.filter(customer=said).count(), StoredEffect.objects.filter(customer=said).count()

    answer = api.post(f"/v1/customers/{MARK}-1/permanent-deletion")

    # The definition lists the text as a choice: it is the project's own.
    left = {place for place in everything_said(MARK) if not place.startswith("eventschema_")}
    assert left <= {"projects_auditentry.after"}
    assert books() == before
    assert api.get("/v1/customers").body["total"] == totals - 1
    assert answer.status == 200
    body = answer.body
    assert body.pop("id").startswith("del_") and body.pop("created_at")
    assert body == {
        "related_object_id": said.public_id,
        "related_object": "customer",
        "status": "DONE",
        "data_json": {
            "events": counts[0],
            "customer_events": sum(counts),
            "daily_events": 0,
            "segments": 0,
            "orders": 0,
            "order_events": 0,
            "customer": 1,
        },
        "object": "pernament_deletion",
    }
    assert api.get(f"/v1/customers/{said.public_id}").status == 404


def test_what_waits_to_be_sent_about_them_is_not_sent_and_what_is_about_others_is(api, project, shop, said):
    [other] = queued(project, a_webhook(project, "customer.created"), body={"data": "Ada"})

    api.post(f"/v1/customers/{said.public_id}/permanent-deletion")

    theirs = SendOut.objects.filter(project=project, type="customer.created")
    theirs = theirs.exclude(pk__in=(other.pk, shop.send_out.pk))
    assert sorted(theirs.values_list("status", "body")) == [("delivered", ""), *[("failed", "")] * 3]
    other.refresh_from_db()
    assert (other.status, other.body != "") == ("waiting", True)


def test_what_still_waits_makes_nobody_of_them_anew(api, project, said):
    api.post(f"/v1/customers/{said.public_id}/permanent-deletion")

    for action in AsyncAction.objects.exclude(status="DONE").exclude(type="zebra"):
        RunAction().handle({"action": str(action.pk)})

    assert everything_said(f"{MARK}-1") == []
    assert Customer.objects.filter(project=project, source_id="ada").exists()


def test_a_repeat_is_answered_without_the_person(api, said):
    repeat = {
        "id": "order-2",
        "event": "zebra_signed_up",
        "customer": {"source_id": f"{MARK}-1"},
        "referral": {"code": "zebra-01"},
        "metadata": {"note": MARK},
    }
    api.post(f"/v1/customers/{said.public_id}/permanent-deletion")

    answer = api.post("/v1/events", repeat)

    assert (answer.status, answer.headers["Idempotent-Replayed"]) == (200, "true")
    assert answer.body["customer"] == {
        "id": said.public_id,
        "source_id": None,
        "name": None,
        "email": None,
        "metadata": {},
        "object": "customer",
    }


def test_who_is_deleted_can_be_erased_and_an_erasure_repeated(api, said):
    api.delete(f"/v1/customers/{said.public_id}")
    assert everything_said(MARK) != []

    first, again = (api.post(f"/v1/customers/{said.public_id}/permanent-deletion") for _ in range(2))

    assert (first.status, again.status) == (200, 200)
    assert everything_said(f"{MARK} II") == []
    assert IdempotencyKey.objects.filter(answer__contains=MARK).count() == 0


def test_others_keep_what_is_theirs(api, mallory, shop, said):
    ada = api.get(f"/v1/customers/{shop.ada.public_id}").body
    rejected = RejectedEvent.objects.filter(pk=shop.rejected.pk)

    assert mallory.post(f"/v1/customers/{said.public_id}/permanent-deletion").status == 404
    api.post(f"/v1/customers/{said.public_id}/permanent-deletion")

    assert api.get(f"/v1/customers/{shop.ada.public_id}").body == ada
    assert rejected.exists() and "zebra" in dumps(api.get(f"/v1/events/{shop.event.public_id}").body)


def test_operators_erase_from_the_command_line(project, said):
    told = io.StringIO()

    call_command("erase_customer", FORMER, project=project.public_id, json=True, stdout=told)

    assert f'"customer":"{said.public_id}"' in told.getvalue().replace(" ", "")
    assert Customer.objects.get(pk=said.pk).name is None
    with pytest.raises(CommandError, match="Cannot find customer"):
        call_command("erase_customer", FORMER, project=project.public_id)
