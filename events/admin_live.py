"""The page of live events: the newest of what came in, and what its script asks for while it is open."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse

from common.theme import STYLESHEETS, dress
from events.admin_live_rows import LiveRow, Wanted, newest_rows
from projects.access import access_of
from projects.models import Project
from projects.pages import page_context

FIRST_ROWS = 50
MOST_ROWS = 200
# Keys are in the order of time, transactions end in another: what was received so lately is read again each time, and
# the page leaves out what it shows already. It covers clocks that differ between machines as well.
READ_AGAIN = timedelta(seconds=15)
# Who was away for longer gets the newest rows instead of all that came meanwhile.
TOO_LONG = timedelta(minutes=10)
STATUSES = [("", "Accepted and rejected"), ("accepted", "Accepted"), ("rejected", "Rejected")]


class LiveForm(forms.Form):
    """The filters, which stand in the address of the page."""

    status = forms.ChoiceField(choices=STATUSES, required=False)
    event = forms.CharField(max_length=300, required=False)
    customer = forms.CharField(max_length=300, required=False, label="Customer", help_text="Source id or id.")
    cause = forms.CharField(max_length=300, required=False, label="Rejected for", help_text="Key or part of a cause.")
    project = forms.ModelChoiceField(Project.objects.none(), required=False, empty_label="All projects")

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.GET)
        access = access_of(request)
        self._project_ids = access.project_ids()
        projects: Any = self.fields["project"]
        projects.queryset = access.narrow(Project.objects.order_by("name"), "pk")
        if self._project_ids is not None and len(self._project_ids) < 2:
            del self.fields["project"]
        dress(self)

    def wanted(self) -> Wanted:
        said = self.cleaned_data
        project = said.pop("project", None)
        return Wanted([project.pk] if project else self._project_ids, **said)

    @property
    def shows_projects(self) -> bool:
        return "project" in self.fields and not self.cleaned_data.get("project")


def live_page(admin: Any, request: HttpRequest) -> HttpResponse:
    """Complete as it comes: without scripts it shows what had come in until then."""
    form = _allowed_form(admin, request)
    now = datetime.now(UTC)
    rows = newest_rows(form.wanted(), most=FIRST_ROWS) if form.is_valid() else []
    context = page_context(admin, request, "Live events") | {
        "form": form,
        "rows": rows,
        "shows_projects": form.is_valid() and form.shows_projects,
        "is_narrow": any(request.GET.values()),
        "since": _cursor(now),
        "address": admin.url("live_rows"),
        "log": admin.url("changelist"),
        "page": admin.url("live"),
        "most": MOST_ROWS,
        "media": page_media(admin),
    }
    return TemplateResponse(request, "admin/events/live.html", context)


def live_rows(admin: Any, request: HttpRequest) -> HttpResponse:
    """JSON: {"since", "reset", "rows": [{"id", "html"}]}, newest first; `since` is the next call's.

    `reset` says that the rows take the place of those on the page: it was away for too long. 400 for a bad query.
    """
    form = _allowed_form(admin, request)
    since = _moment(request.GET.get("since", ""))
    if since is None or not form.is_valid():
        errors = form.errors if since else {**form.errors, "since": ["This is no cursor."]}
        return JsonResponse({"errors": errors}, status=400)
    now = datetime.now(UTC)
    is_reset = now - since > TOO_LONG
    known = frozenset(request.GET.get("known", "").split(","))
    rows = (
        newest_rows(form.wanted(), most=FIRST_ROWS)
        if is_reset
        else newest_rows(form.wanted(), most=MOST_ROWS, since=min(since, now - READ_AGAIN), known=known)
    )
    shown = [{"id": row.key.hex, "html": _html(row, form)} for row in rows]
    return JsonResponse({"since": _cursor(now), "reset": is_reset, "rows": shown})


def page_media(admin: Any) -> forms.Media:
    """What all pages have, and then ours: the order has to be said, or Django makes one."""
    css, js = [*STYLESHEETS, "boon/live.css"], ["boon/admin.js", "boon/live.js"]
    media: forms.Media = admin.media + forms.Media(css={"all": css}, js=js)
    return media


def _allowed_form(admin: Any, request: HttpRequest) -> LiveForm:
    if not admin.has_view_permission(request):
        raise PermissionDenied
    return LiveForm(request)


def _html(row: LiveRow, form: LiveForm) -> str:
    return render_to_string("admin/events/live_row.html", {"row": row, "shows_projects": form.shows_projects})


def _cursor(now: datetime) -> int:
    """From when on the next call reads, in milliseconds since 1970."""
    return int((now - READ_AGAIN).timestamp() * 1000)


def _moment(text: str) -> datetime | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 13
    return datetime.fromtimestamp(int(text) / 1000, tz=UTC) if is_number else None
