"""Writing an export's file, and reading it; both a part at a time, whatever its size."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from common.ids import uuid7
from common.jsons import JsonObject, dumps
from common.times import iso
from exports.kinds import kind_named
from exports.models import Export, ExportPart, ExportStatus
from outbox.handlers import Handler

# What spreadsheets take for the beginning of a formula (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "=", "+", "-", "@")


class WriteExport(Handler):
    """A run writes parts of its own, and the export names the run that came to its end: it may be run again."""

    def handle(self, payload: JsonObject) -> None:
        export = Export.objects.select_related("project").filter(pk=UUID(payload["export"])).first()
        if export is None or export.status == ExportStatus.DONE:
            return
        Export.objects.filter(pk=export.pk).update(status=ExportStatus.IN_PROGRESS)
        run = uuid7()
        for position, text in enumerate(texts_of(export)):
            ExportPart.objects.create(export=export, run=run, position=position, text=text)
        Export.objects.filter(pk=export.pk).update(status=ExportStatus.DONE, run=run)
        ExportPart.objects.filter(export=export).exclude(run=run).delete()

    def park(self, payloads: Sequence[JsonObject]) -> None:
        _named(payloads).exclude(status=ExportStatus.DONE).update(status=ExportStatus.ERROR)

    def revive(self, payloads: Sequence[JsonObject]) -> None:
        _named(payloads).filter(status=ExportStatus.ERROR).update(status=ExportStatus.SCHEDULED)


class ExpireExport(Handler):
    def handle(self, payload: JsonObject) -> None:
        _named([payload]).delete()


def texts_of(export: Export) -> Iterator[str]:
    """The file, a page of rows at a time; the first piece is the line of headings."""
    yield line_of(export.fields)
    for page in kind_named(export.kind).pages(export):
        yield "".join(line_of([row[name] for name in export.fields]) for row in page)


def parts_of(export: Export) -> Iterator[bytes]:
    """The finished file, a part at a time."""
    assert export.run is not None  # it is done
    parts = ExportPart.objects.filter(export=export, run=export.run).order_by("position")
    for position in range(parts.count()):
        yield parts.filter(position=position).values_list("text", flat=True).get().encode()


def line_of(values: Sequence[Any]) -> str:
    """A line of CSV (RFC 4180). Texts that a spreadsheet would run as a formula get an apostrophe in front."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([_cell(value) for value in values])
    return written.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool | Mapping | list):
        return dumps(value)
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_STARTS) else value
    return str(value)


def _named(payloads: Sequence[JsonObject]) -> QuerySet[Export]:
    return Export.objects.filter(pk__in=[UUID(payload["export"]) for payload in payloads])
