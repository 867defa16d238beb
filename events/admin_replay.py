"""The admin page that mends rejected events and replays them, after a look at what would come of it."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html

from common.formfields import LinesField
from common.jsons import JsonObject
from common.refusals import InvalidPayload, Refusal
from common.theme import dress
from events.editing import ROOT, Edits, parse_edits, parse_lines
from events.replay_report import Report
from events.replaying import CHUNK, chunks, replay, start_replay
from events.selecting import Selection, parse_selection
from eventschema.property_types import PROPERTY_TYPES
from eventschema.schema import schemas_of
from projects.access import access_of
from projects.forms import show_refusal
from projects.models import Project, Role
from projects.pages import Panel, anchor, change_link, new_group_id, page_context

_OF_WRONG_TYPE = re.compile(r"metadata\.([^.\[: ]+):type")


class MendForm(forms.Form):
    """Edits, one a line. `raw` has them as a body of the API does, `edits` as the domain does."""

    rename = LinesField(required=False, rows=2, help_text="One a line: shop = store")
    set = LinesField(required=False, rows=2, help_text="One a line: currency = EUR")
    cast = LinesField(
        required=False, rows=2, help_text=f"One a line: amount = number. The types: {', '.join(PROPERTY_TYPES)}."
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.raw: JsonObject = {}
        self.edits = Edits()
        dress(self)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for kind in ("rename", "set", "cast"):
            try:
                self.raw[kind] = parse_lines(cleaned.get(kind, ()), kind)
            except InvalidPayload as refusal:
                self.add_error(kind, refusal.details.removeprefix(f"Property .{kind} ").capitalize())
        self.edits, errors = parse_edits(self.raw)
        for error in errors:
            kind = error.path.partition(".")[0]
            self.add_error(kind, error.message.removeprefix(f"Property .{kind}.{ROOT}"))
        return cleaned


def replay_page(admin: Any, request: HttpRequest) -> HttpResponse:
    """`?project=` and either `id=` (any number) or `event=` and `cause=` say which events are meant."""
    project = _project(request)
    raw = _meant(request)
    selection, errors = parse_selection(raw)
    if errors:
        raise Http404
    form = MendForm(request.POST if request.method == "POST" else None, initial={"cast": _casts(project, raw)})
    report = None
    if form.is_valid():
        if request.POST.get("step") == "replay":
            return _replayed(admin, request, project, selection, {**raw, **form.raw}, form)
        report = _preview(project, selection, form.edits)
    return _page(admin, request, project, selection, form, report)


def _project(request: HttpRequest) -> Project:
    """Raises Http404 for one that the user does not see, PermissionDenied for one in which they only read."""
    try:
        key = UUID(request.GET.get("project", ""))
    except ValueError as error:
        raise Http404 from error
    access = access_of(request)
    project: Project | None = access.narrow(Project.objects.filter(pk=key), "pk").first()
    if project is None:
        raise Http404
    if not access.may(Role.MARKETER, key):
        raise PermissionDenied
    return project


def _meant(request: HttpRequest) -> JsonObject:
    ids = request.GET.getlist("id")
    if ids:
        return {"ids": ids}
    return {"filter": {name: request.GET[name] for name in ("event", "cause") if request.GET.get(name)}}


def _casts(project: Project, raw: JsonObject) -> list[str]:
    """A cast for each property that the cause calls wrong in its type, to the type that its definition wants."""
    wanted = raw.get("filter", {})
    schema = schemas_of(project).get(wanted.get("event", ""))
    types = {spec.name: spec.type for spec in schema.specs if not spec.deleted} if schema else {}
    names = dict.fromkeys(_OF_WRONG_TYPE.findall(wanted.get("cause", "")))
    return [f"{name} = {types[name]}" for name in names if name in types]


def _preview(project: Project, selection: Selection, edits: Edits) -> Report:
    """What would come of the first chunk; nothing is written."""
    report = Report()
    keys = next(chunks(selection.rows(project)), [])
    report.add(replay(project, keys, edits, now=datetime.now(UTC), dry_run=True))
    return report


def _replayed(
    admin: Any, request: HttpRequest, project: Project, selection: Selection, raw: JsonObject, form: MendForm
) -> HttpResponse:
    """Few events are replayed at once, many by the worker; both by the domain function of the API."""
    keys = list(selection.rows(project).order_by("pk").values_list("pk", flat=True)[: CHUNK + 1])
    now = datetime.now(UTC)
    if len(keys) > CHUNK:
        try:
            action = start_replay(project, raw, request_id=new_group_id(), now=now)
        except Refusal as refusal:
            show_refusal(form, refusal)
            return _page(admin, request, project, selection, form, None)
        link = anchor(change_link("projects_asyncaction", action.pk, action.public_id))
        told = format_html("The worker replays them now ({}). What stays is listed here with its reason.", link)
        admin.message_user(request, told, messages.SUCCESS)
    else:
        report = Report()
        report.add(replay(project, keys, form.edits, now=now))
        level = messages.WARNING if report.rejected else messages.SUCCESS
        admin.message_user(request, f"{report.in_words()}.", level)
    return redirect(admin.url("changelist"))


def _page(
    admin: Any, request: HttpRequest, project: Project, selection: Selection, form: MendForm, report: Report | None
) -> HttpResponse:
    count = selection.rows(project).count()
    context: dict[str, Any] = {"form": form, "count": count, "back": admin.url("changelist")}
    context["meant"] = f"{count} rejected event{'' if count == 1 else 's'} of {project}"
    if report is not None:
        first = f"Of the first {report.total}: " if report.total < count else ""
        context["report"] = f"{first}{report.in_words(dry_run=True)}."
        rows = [[str(number), reason] for reason, number in report.reasons]
        context["reasons"] = Panel("What would stay, and why", ["Events", "Why"], rows, empty="Nothing would stay.")
    page = page_context(admin, request, "Mend and replay") | context
    return TemplateResponse(request, "admin/events/rejectedevent/replay.html", page)
