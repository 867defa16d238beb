"""Files of rows: written by the worker in parts, whole or not there, and harmless in a spreadsheet."""

import csv
import io
from datetime import UTC, datetime

import pytest

from campaigns.kinds import BalanceChange
from campaigns.vouchers import add_code
from common.refusals import InvalidPayload
from exports.models import Export, ExportPart
from exports.starting import ExportRequest, start_export
from exports.writing import ExpireExport, WriteExport, line_of, parts_of
from gifts.journal import adjust_credits
from gifts.models import GiftEntry
from outbox.relay import handle_due
from tests.api.caller import api_of
from tests.world import NOW, TESTER, a_gift_campaign


@pytest.fixture
def gift(project):
    """A card with three entries: what it starts with, 500 and -200."""
    card = add_code(a_gift_campaign(project), "GIFT-1", by=TESTER)
    for amount, reason in ((500, "=SUM(A1)"), (-200, "")):
        adjust_credits(card, BalanceChange(amount, reason), now=NOW, by=TESTER)
    return card


def started(voucher, **parts):
    scope = {"voucher": str(voucher.pk)}
    return start_export(voucher.project, "gift_transactions", ExportRequest(**parts), scope=scope, now=NOW)


def read(export):
    export.refresh_from_db()
    text = b"".join(parts_of(export)).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_file_holds_what_was_asked_for_in_that_order(gift, monkeypatch):
    monkeypatch.setattr("exports.kinds.PAGE", 2)
    newest = started(gift, fields=["amount", "balance", "type", "reason"])
    oldest = started(gift, fields=["amount"], order="created_at")

    handle_due()

    assert read(newest) == [
        {"amount": "-200", "balance": "1300", "type": "CREDITS_REMOVAL", "reason": ""},
        {"amount": "500", "balance": "1500", "type": "CREDITS_ADDITION", "reason": "'=SUM(A1)"},
        {"amount": "1000", "balance": "1000", "type": "CREDITS_ADDITION", "reason": ""},
    ]
    assert [row["amount"] for row in read(oldest)] == ["1000", "500", "-200"]


def test_a_file_has_every_column_where_none_was_chosen(gift):
    export = started(gift)

    handle_due()

    row = read(export)[0]
    assert (row["voucher_id"], row["created_at"]) == (gift.public_id, "2026-11-22T10:00:00.000Z")
    assert list(row) == export.fields


def test_a_file_is_narrowed_by_its_filters(gift):
    last = {"id": {"conditions": {"$is": GiftEntry.objects.latest("pk").public_id}}}
    export = started(gift, fields=["amount"], filters=last)

    handle_due()

    assert [row["amount"] for row in read(export)] == ["-200"]


def test_filters_that_there_are_not_are_refused(gift):
    body = {"parameters": {"filters": {"colour": {"conditions": {"$is": "red"}}}}}

    answer = api_of(gift.project).post(f"/v1/vouchers/{gift.code}/transactions/export", body)

    assert (answer.status, answer.paths, Export.objects.count()) == (400, ["filters[colour][conditions][$is]"], 0)


def test_a_run_that_was_broken_off_leaves_nothing_in_the_file(gift):
    export = started(gift, fields=["amount"])
    ExportPart.objects.create(export=export, run=export.pk, position=0, text="half a li")

    WriteExport().handle({"export": str(export.pk)})
    WriteExport().handle({"export": str(export.pk)})

    assert [row["amount"] for row in read(export)] == ["-200", "500", "1000"]
    assert ExportPart.objects.filter(run=export.pk).count() == 0


def test_an_export_that_failed_says_so_until_it_is_tried_again(gift):
    export = started(gift)
    payload = {"export": str(export.pk)}

    WriteExport().park([payload])
    export.refresh_from_db()
    failed = export.status
    WriteExport().revive([payload])
    export.refresh_from_db()

    assert (failed, export.status) == ("ERROR", "SCHEDULED")


def test_a_file_is_taken_away_in_the_end(gift):
    export = started(gift)
    handle_due()

    ExpireExport().handle({"export": str(export.pk)})

    assert (Export.objects.count(), ExportPart.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("parts", "path"), [({"fields": ["id", "holder"]}, "parameters.fields.1"), ({"order": "code"}, "parameters.order")]
)
def test_what_is_no_column_is_refused(gift, parts, path):
    with pytest.raises(InvalidPayload) as refused:
        started(gift, **parts)

    assert ([error.path for error in refused.value.errors], Export.objects.count()) == ([path], 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (-5, "-5"),
        (True, "true"),
        ({"a": 1}, '"{""a"":1}"'),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00.000Z"),
        ("a,b", '"a,b"'),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\rx", '"\'\rx"'),
    ],
)
def test_no_cell_is_a_formula(value, text):
    assert line_of([value, "x"]) == f"{text},x\r\n"
