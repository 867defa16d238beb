"""`/v1/distributions` and `/v1/deliveries`: who gets what when something happens, and what they got."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.object_schemas import (
    COUNT,
    FLAG,
    MAYBE_TEXT,
    MAYBE_TIME,
    TEXT,
    TIME,
    array_of,
    cursor_of,
    fields,
    maybe,
    maybe_id,
    named,
    public_id,
)
from api.pagination import CURSOR_PARAMETERS, Query, cursor_listing, slice_of
from api.shapes import LEFT_OUT, Document, Flag, Integer, Shape, Text, checked
from api.v1.campaign_shapes import find_definition
from api.views import ServerView
from campaigns.reading import find_campaign
from common.ids import parse_public_id
from common.ids import public_id as id_of
from common.jsons import JsonObject
from common.refusals import FieldError, InvalidPayload, NotFound
from distributions.checking import MOST_DELIVERIES, DistributionFields, Limit
from distributions.creation import (
    change_distribution,
    create_distribution,
    delete_distribution,
    disable_distribution,
    enable_distribution,
    find_delivery,
    find_distribution,
    limit_of,
)
from distributions.models import Action, Delivery, DeliveryStatus, Distribution, Trigger
from distributions.resending import resend_delivery
from eventschema.models import EventDefinition
from projects.models import Project
from rules.assigning import assigned
from rules.models import Assignment, ObjectType

T = TypeVar("T")
DISTRIBUTION = named(
    "distribution",
    id=public_id("distr"),
    name=TEXT,
    trigger=fields(
        type={"enum": Trigger.values},
        custom_event=maybe(fields(schema_id=public_id("ms"))),
        segment=maybe(fields(id=public_id("seg"))),
        campaign=maybe(fields(id=public_id("camp"))),
    ),
    validation_rule_id=maybe_id("val"),
    action=fields(type={"enum": Action.values}, campaign=maybe(fields(id=public_id("camp")))),
    channels=array_of(fields(type={"enum": ["webhook", "email"]})),
    delay=MAYBE_TEXT,
    limit=maybe(fields(count=COUNT, period=TEXT)),
    active=FLAG,
    paused_at=MAYBE_TIME,
    paused_reason=MAYBE_TEXT,
    created_at=TIME,
    updated_at=MAYBE_TIME,
)
DELIVERY = named(
    "delivery",
    id=public_id("dlv"),
    distribution_id=public_id("distr"),
    customer_id=public_id("cust"),
    event_id=maybe_id("event"),
    status={"enum": DeliveryStatus.values},
    reason=MAYBE_TEXT,
    due_at=TIME,
    delivered_at=MAYBE_TIME,
    publication_id=maybe_id("pub"),
    channels=array_of(fields(type=TEXT)),
    created_at=TIME,
)


class ReferenceById(Shape):
    id = Text()


class TriggeringEvent(Shape):
    schema_id = Text()


class DistributionTrigger(Shape):
    type = serializers.ChoiceField(choices=Trigger.values)
    custom_event = TriggeringEvent(**LEFT_OUT)
    segment = ReferenceById(**LEFT_OUT)
    campaign = ReferenceById(**LEFT_OUT)


class DistributionAction(Shape):
    type = serializers.ChoiceField(choices=Action.values)
    campaign = ReferenceById(**LEFT_OUT)


class CustomerLimit(Shape):
    count = Integer(least=1, most=MOST_DELIVERIES)
    period = Text(max_length=40)


class DistributionShape(Shape):
    # Its length is judged with the rest, so that all errors are told together.
    name = Text(allow_blank=True, max_length=10_240)
    trigger = DistributionTrigger()
    validation_rule_id = Text(allow_blank=True, **LEFT_OUT)
    action = DistributionAction()
    channels = serializers.ListField(child=Document(), **LEFT_OUT)
    delay = Text(max_length=40, allow_blank=True, **LEFT_OUT)
    limit = CustomerLimit(**LEFT_OUT)
    active = Flag(**LEFT_OUT)


class Distributions(ServerView):
    bodies = {"post": DistributionShape}
    answers = {"get": cursor_of(DISTRIBUTION), "post": DISTRIBUTION}
    queries = {"get": CURSOR_PARAMETERS}

    def post(self, request: Request) -> Response:
        """Create a distribution: what is given to whom when something happens."""
        body = checked(DistributionShape, self.body())
        said = fields_of(self.project, body)
        active = body.get("active", True)
        distribution = create_distribution(self.project, said, active=active, by=self.actor, now=self.now)
        return Response(one(distribution))

    def get(self, request: Request) -> Response:
        """List distributions, newest first."""
        rows = Distribution.objects.filter(project=self.project, deleted_at=None)
        found, has_more = slice_of(rows, Query(request), "distr")
        return Response(cursor_listing(render_distributions(found), has_more))


class OneDistribution(ServerView):
    bodies = {"put": DistributionShape}
    answers = {"get": DISTRIBUTION, "put": DISTRIBUTION}

    def get(self, request: Request, distribution_id: str) -> Response:
        """Get a distribution."""
        return Response(one(find_distribution(self.project, distribution_id)))

    def put(self, request: Request, distribution_id: str) -> Response:
        """Put another in its place; what waits is delivered as it is then."""
        distribution = find_distribution(self.project, distribution_id)
        body = checked(DistributionShape, self.body())
        said = fields_of(self.project, body)
        active = body.get("active")
        changed = change_distribution(distribution, said, active=active, by=self.actor, now=self.now)
        return Response(one(changed))

    def delete(self, request: Request, distribution_id: str) -> Response:
        """Delete a distribution; what waits is cancelled."""
        distribution = find_distribution(self.project, distribution_id)
        delete_distribution(distribution, by=self.actor, now=self.now)
        return Response(status=204)


class DistributionSwitch(ServerView):
    active: ClassVar[bool] = True
    answers = {"post": DISTRIBUTION}

    def post(self, request: Request, distribution_id: str) -> Response:
        """Enable a distribution, also one that is paused, or disable it; what waits goes on, or waits."""
        distribution = find_distribution(self.project, distribution_id)
        switch = enable_distribution if self.active else disable_distribution
        return Response(one(switch(distribution, by=self.actor, now=self.now)))


class Deliveries(ServerView):
    answers = {"get": cursor_of(DELIVERY)}
    queries = {"get": ("status", "customer", *CURSOR_PARAMETERS)}

    def get(self, request: Request, distribution_id: str) -> Response:
        """List the deliveries of a distribution, newest first."""
        distribution, query = find_distribution(self.project, distribution_id), Query(request)
        rows = _narrowed(Delivery.objects.filter(distribution=distribution), query)
        found, has_more = slice_of(rows, query, "dlv")
        return Response(cursor_listing([render_delivery(row) for row in found], has_more))


class Resend(ServerView):
    answers = {"post": DELIVERY}
    successes = {"post": "202"}

    def post(self, request: Request, delivery_id: str) -> Response:
        """Send a delivery again as it was sent, or have one that failed tried again."""
        delivery = resend_delivery(find_delivery(self.project, delivery_id), by=self.actor, now=self.now)
        return Response(render_delivery(delivery), status=202)


def fields_of(project: Project, body: JsonObject) -> DistributionFields:
    """What a checked body says. Raises InvalidPayload naming every id that names nothing."""
    trigger, action = body["trigger"], body["action"]
    errors: list[FieldError] = []
    event_of, campaign_of = partial(_event, project), partial(find_campaign, project)
    definition = _found(errors, "trigger.custom_event.schema_id", trigger.get("custom_event"), event_of)
    trigger_campaign = _found(errors, "trigger.campaign.id", trigger.get("campaign"), campaign_of)
    campaign = _found(errors, "action.campaign.id", action.get("campaign"), campaign_of)
    segment_id = _segment_key(errors, trigger)
    if errors:
        raise InvalidPayload.of(errors)
    limit = body.get("limit")
    return DistributionFields(
        body["name"],
        trigger["type"],
        action["type"],
        definition=definition,
        segment_id=segment_id,
        trigger_campaign=trigger_campaign,
        campaign=campaign,
        channels=list(body.get("channels") or []),
        delay=body.get("delay") or "",
        limit=Limit(limit["count"], limit["period"]) if limit else None,
        validation_rule_id=body.get("validation_rule_id") or None,
    )


def _found(errors: list[FieldError], path: str, said: JsonObject | None, find: Callable[[str], T]) -> T | None:
    """The row that a part of the body names; None, and an error, where it names none."""
    if not said:
        return None
    name = said[path.rpartition(".")[2]]
    try:
        return find(name)
    except NotFound as missing:
        errors.append(FieldError(path, "not_found", str(missing), name))
        return None


def _event(project: Project, schema_id: str) -> EventDefinition:
    return find_definition(project, {"id": schema_id})


def _segment_key(errors: list[FieldError], trigger: JsonObject) -> UUID | None:
    said = trigger.get("segment")
    if not said:
        return None
    key = parse_public_id("seg", said["id"])
    if key is None:
        message = f"Cannot find segment with id {said['id'][:64]}"
        errors.append(FieldError("trigger.segment.id", "not_found", message, said["id"]))
    return key


def one(distribution: Distribution) -> JsonObject:
    return render_distributions([distribution])[0]


def render_distributions(rows: Sequence[Distribution]) -> list[JsonObject]:
    """One statement."""
    ruled = assigned(ObjectType.DISTRIBUTION, [row.pk for row in rows])
    return [_rendered(row, ruled.get(row.pk)) for row in rows]


def _rendered(row: Distribution, assignment: Assignment | None) -> JsonObject:
    limit = limit_of(row)
    return {
        "id": row.public_id,
        "name": row.name,
        "trigger": {
            "type": row.trigger,
            "custom_event": {"schema_id": id_of("ms", row.definition_id)} if row.definition_id else None,
            "segment": {"id": id_of("seg", row.segment_id)} if row.segment_id else None,
            "campaign": {"id": id_of("camp", row.trigger_campaign_id)} if row.trigger_campaign_id else None,
        },
        "validation_rule_id": assignment.rule.public_id if assignment else None,
        "action": {
            "type": row.action,
            "campaign": {"id": id_of("camp", row.campaign_id)} if row.campaign_id else None,
        },
        "channels": row.channels,
        "delay": row.delay or None,
        "limit": {"count": limit.count, "period": limit.period} if limit else None,
        "active": row.active,
        "paused_at": row.paused_at,
        "paused_reason": row.paused_reason or None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "object": "distribution",
    }


def render_delivery(row: Delivery) -> JsonObject:
    return {
        "id": row.public_id,
        "distribution_id": id_of("distr", row.distribution_id),
        "customer_id": id_of("cust", row.customer_id),
        "event_id": id_of("event", row.event_id) if row.event_id else None,
        "status": row.status,
        "reason": row.reason or None,
        "due_at": row.due_at,
        "delivered_at": row.delivered_at,
        "publication_id": id_of("pub", row.publication_id) if row.publication_id else None,
        "channels": row.outcomes,
        "created_at": row.created_at,
        "object": "delivery",
    }


def _narrowed(rows: QuerySet[Delivery], query: Query) -> QuerySet[Delivery]:
    status = query.choice("status", DeliveryStatus.values)
    rows = rows.filter(status=status) if status else rows
    named_customer = query.text("customer")
    if named_customer is None:
        return rows
    key = parse_public_id("cust", named_customer)
    return rows.filter(customer=key) if key else rows.filter(customer__source_id=named_customer)
