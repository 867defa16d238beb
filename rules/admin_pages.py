"""What the page of a validation rule asks for while it is open: what it says and would have let pass, as JSON."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse

from common.ids import uuid7
from events.judging import Question, judge
from events.models import Event
from eventschema.schema import schemas_of
from projects.access import access_of, asked_project
from projects.models import Project, Role
from rules.admin_catalogue import catalogue_of
from rules.admin_forms import ValidationRuleForm
from rules.grammar import parse_tree
from rules.judging import CompiledRule
from rules.segments import segment_names
from rules.wording import rules_in_words

TRIED = 50


def preview_page(admin_page: Any, request: HttpRequest) -> HttpResponse:
    """{"message": what the conditions of a form say, and of how many of the latest events they hold}."""
    key = request.POST.get("segment") or None
    form = ValidationRuleForm(request.POST, instance=admin_page.get_object(request, key) if key else None)
    project = form.project
    if request.method != "POST" or project is None or not access_of(request).may(Role.MARKETER, project.pk):
        raise PermissionDenied
    form.is_valid()
    stored = form.cleaned_data.get("rules")
    tree, errors = parse_tree(stored, segment_names(project))
    if errors or not stored:
        return JsonResponse({"message": "The conditions are not complete yet."})
    words = "; ".join(rules_in_words(stored, dict(form.catalogue.segments)))
    events = {row.event for row in form.filled.values()} - {""}
    return JsonResponse({"message": f"{words}. {_tried(project, CompiledRule(uuid7(), '', tree), events)}"})


def _tried(project: Project, rule: CompiledRule, names: Collection[str]) -> str:
    """Of how many of the latest events the rule holds now; of those that it asks about, or of any."""
    events = latest_events(project, names)
    if not events:
        return "There is no event yet to try it on."
    schemas = schemas_of(project)
    questions = [Question(rule, event.customer, event, schemas.get(event.name)) for event in events]
    held = sum(judge(project, questions, now=datetime.now(UTC)))
    named = f" “{next(iter(names))}”" if len(names) == 1 else ""
    return f"Of the latest{named} events ({len(events)}) it would hold for {held}."


def latest_events(project: Project, names: Collection[str]) -> Sequence[Event]:
    rows = Event.objects.filter(project=project).select_related("customer").order_by("-id")
    schemas = schemas_of(project)
    keys = [schemas[name].definition_id for name in names if name in schemas]
    return list((rows.filter(definition__in=keys) if keys else rows)[:TRIED])


def catalogue_page(admin_page: Any, request: HttpRequest) -> HttpResponse:
    """What the builder offers in another project, as JSON."""
    project = asked_project(request, Role.MARKETER)
    if project is None:
        raise PermissionDenied
    return JsonResponse(catalogue_of(project).as_json())
