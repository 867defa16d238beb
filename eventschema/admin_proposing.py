"""Properties proposed from what came in: cards of the builder that nobody has saved yet."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from common.refusals import Refusal
from events.samples import rejected_samples, unknown_samples
from eventschema.inferring import infer, within_limits
from eventschema.models import EventDefinition, Property, PropertyDefinition
from eventschema.nesting import nested_keys
from eventschema.publishing import known_specs
from eventschema.spec import PropertySpec
from projects.access import access_of, asked_project
from projects.forms import sentence_of
from projects.models import Role
from projects.pages import Link

# In the address of the builder: fill it with what came in.
PARAMETER = "propose"


def proposed_cards(request: HttpRequest, definition: EventDefinition | None) -> list[Property]:
    """Unsaved properties for the page that is opened with `?propose=1`, and a message that says so.

    On the page of a new definition the address names the project and the event as well.
    """
    if request.method != "GET" or PARAMETER not in request.GET:
        return []
    project = definition.project if definition else asked_project(request, Role.MARKETER)
    name = definition.name if definition else request.GET.get("name", "")
    if project is None or not access_of(request).may(Role.MARKETER, project.pk):
        return []
    try:
        samples = within_limits([*unknown_samples(project, name), *rejected_samples(project, name)])
        found = infer(samples, nested=nested_keys(project)) if samples else None
    except Refusal as refusal:
        messages.warning(request, sentence_of(refusal))
        return []
    known = {key for spec in known_specs(definition) for key in spec.names} if definition else set()
    specs = [spec for spec in found.specs if spec.name not in known] if found else []
    _tell(request, specs, found.notes if found else [])
    return [PropertyDefinition(**spec.as_columns()) for spec in specs]


def propose_link(definition: EventDefinition) -> Link:
    address = reverse("admin:eventschema_eventdefinition_change", args=[definition.pk], query={PARAMETER: 1})
    return Link("Propose properties from what came in", address)


def create_link(project_id: UUID, name: str) -> Link:
    """To the page of a new definition of that name, filled with what came in."""
    query = {"project": project_id, "name": name, PARAMETER: 1}
    return Link("Create schema from this", reverse("admin:eventschema_eventdefinition_add", query=query))


def _tell(request: HttpRequest, specs: Sequence[PropertySpec], notes: Sequence[str]) -> None:
    if not specs:
        messages.info(request, "Nothing came in that is not defined already.")
    else:
        names = ", ".join(spec.name for spec in specs)
        messages.info(request, f"Proposed from what came in, and not saved yet: {names}. Look at each of them.")
    for note in notes:
        messages.warning(request, note)
