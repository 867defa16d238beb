"""What the page of a distribution asks for while it is open: what templates may use, and what they make of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from common.jsons import JsonObject
from distributions.admin_forms import DistributionForm
from distributions.channels.registry import channel_types
from distributions.models import Distribution
from distributions.sampling import Sample, sample_of
from projects.access import access_of
from projects.models import Role

INCOMPLETE = "Choose first when it happens, and what is given."


def preview_page(admin_page: Any, request: HttpRequest) -> HttpResponse:
    """For a posted form, as JSON: {"about", "values": [[path, example]], "channels": {prefix of a card: text}}, or
    {"message"} where there is nothing to show.
    """
    row = admin_page.get_object(request, request.POST.get("distribution") or "")
    form = admin_page.get_form(request, row, change=row is not None)(request.POST, instance=row)
    project = form.chosen_project()
    if request.method != "POST" or project is None or not access_of(request).may(Role.MARKETER, project.pk):
        raise PermissionDenied
    form.is_valid()
    distribution = _said(form, project)
    if distribution is None:
        return JsonResponse({"message": INCOMPLETE})
    now = datetime.now(UTC)
    try:
        with transaction.atomic():
            sample = sample_of(distribution, now)
    except DatabaseError:
        return JsonResponse({"message": "Looking for an example takes too long here. It can be saved all the same."})
    channels = dict(_previews(form, sample, now))
    return JsonResponse({"about": sample.about, "values": sample.values(), "channels": channels})


def _said(form: DistributionForm, project: Any) -> Distribution | None:
    """Not stored, and no more of it than previews need; None where that is not chosen yet."""
    if {"trigger", "action", "definition", "segment", "campaign"} & form.errors.keys():
        return None
    fields = form.as_fields()
    if fields.trigger == "custom_event" and fields.definition is None:
        return None
    own: dict[str, UUID] = {"id": form.instance.pk} if form.instance.pk else {}
    return Distribution(
        **own,
        project=project,
        trigger=fields.trigger,
        definition=fields.definition,
        segment_id=fields.segment_id,
        action=fields.action,
        campaign=fields.campaign,
    )


def _previews(form: DistributionForm, sample: Sample, now: datetime) -> Iterator[tuple[str, str]]:
    for card in form.channels.living:
        channel: JsonObject | None = card.channel
        if channel is not None:
            kind = channel_types()[channel["type"]]
            project = sample.delivery.project
            yield card.prefix, kind.preview(project, sample.hand_over(channel), sample.data, now=now)
        else:
            yield card.prefix, "Not complete yet: " + " ".join(_sentences(card.errors))


def _sentences(errors: Any) -> Iterator[str]:
    for found in errors.values():
        for sentence in found:
            yield f"{str(sentence).rstrip('.')}."
