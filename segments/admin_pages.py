"""What the page of a segment asks for while it is open: counts and catalogues as JSON, members as CSV."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from projects.access import access_of, asked_project
from projects.models import Role
from projects.pages import moment
from segments.admin_forms import SegmentForm, builder_data
from segments.catalogue import catalogue_of
from segments.filters import parse_filter
from segments.models import Segment
from segments.previewing import Preview, preview
from segments.reading import members_of


def count_page(admin_page: Any, request: HttpRequest) -> HttpResponse:
    """How many the conditions of a form fit, as JSON: {"count", "enter", "leave", "entering", "leaving"}, or
    {"message"} where they cannot be counted.
    """
    key = request.POST.get("segment") or None
    segment = admin_page.get_object(request, key) if key else None
    form = SegmentForm(request.POST, instance=segment)
    project = form.project
    if request.method != "POST" or project is None or not access_of(request).may(Role.MARKETER, project.pk):
        raise PermissionDenied
    form.is_valid()
    # A name that is missing or taken is no reason not to count.
    found, errors = parse_filter(project, form.cleaned_data.get("filter"))
    if errors or form.non_field_errors():
        return JsonResponse({"message": "The conditions are not complete yet."})
    try:
        with transaction.atomic():
            return JsonResponse(_told(preview(found, segment, now=datetime.now(UTC))))
    except DatabaseError:
        return JsonResponse({"message": "Counting takes too long here. The segment can be saved all the same."})


def _told(found: Preview) -> dict[str, Any]:
    return {
        "count": found.count,
        "enter": found.enter_count,
        "leave": found.leave_count,
        "entering": [str(customer) for customer in found.entering],
        "leaving": [str(customer) for customer in found.leaving],
    }


def catalogue_page(admin_page: Any, request: HttpRequest) -> HttpResponse:
    """What the builder offers in another project, as JSON."""
    project = asked_project(request, Role.MARKETER)
    if project is None:
        raise PermissionDenied
    return JsonResponse(builder_data(catalogue_of(project)))


def members_page(admin_page: Any, request: HttpRequest, key: Any) -> HttpResponseBase:
    """The members as CSV, streamed."""
    segment = admin_page.get_object(request, str(key))
    if segment is None or not admin_page.has_view_permission(request, segment):
        raise PermissionDenied
    answer = StreamingHttpResponse(_csv_lines(segment), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{segment.public_id}.csv"'
    return answer


class _Echo:
    """What a CSV writer writes to comes back from it."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(segment: Segment) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(["id", "source_id", "name", "email", "entered_at", "leaves_at"])
    rows = members_of(segment).select_related("customer").order_by("entered_at", "id")
    for row in rows.iterator(chunk_size=2_000):
        person = row.customer
        told = [person.public_id, *(_plain(text) for text in (person.source_id, person.name, person.email))]
        yield writer.writerow([*told, moment(row.entered_at), moment(row.due_at) if row.due_at else ""])


def _plain(text: str | None) -> str:
    """Without what spreadsheets take for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text or ""
