"""`/v1/loyalties/{campaignId}/earning-rules`."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import FILTER_PARAMETERS, Filters, FlagFilter, IdFilter, MetadataFilter, MomentFilter, filtered
from api.object_schemas import (
    DOCUMENT,
    FLAG,
    INTEGER,
    MAYBE_DOCUMENT,
    MAYBE_TEXT,
    MAYBE_TIME,
    METADATA,
    TEXT,
    TIME,
    array_of,
    fields,
    maybe,
    named,
    public_id,
    sometimes,
)
from api.object_schemas import page_of as page_of_objects
from api.pagination import PAGE_PARAMETERS, Query, listing, ordered, page_of
from api.shapes import LEFT_OUT, Document, Flag, Integer, Number, Shape, Text, Unsupported, checked
from api.v1.campaign_shapes import WindowShape, find_definition
from api.v1.loyalties import find_programme
from api.views import ServerView
from campaigns.validity import FIELDS as VALIDITY_FIELDS
from campaigns.validity import parse_validity
from common.ids import parse_public_id
from common.ids import public_id as id_of
from common.jsons import JsonObject
from common.refusals import InvalidPayload, NotFound
from customers.segments import unknown_segment
from loyalty.models import EarningRule, Formula, LoyaltyProgram
from loyalty.rules import RuleFields, change_rule, create_rule, delete_rule, set_active
from loyalty.validating import give_validation_rule
from rules.assigning import assigned
from rules.models import Assignment, ObjectType

BY_EVENT_METADATA = "CUSTOM_EVENT_METADATA"
WINDOW = ("start_date", "expiration_date", *VALIDITY_FIELDS)


# Parts of the contract's rule that Boon has nothing to say of.
NOT_SERVED = (
    "automation_id",
    "loyalty_tier",
    "pending_points",
    "expiration_rules",
)
FILTERS: Filters = {
    "id": IdFilter("pk", "ern"),
    "active": FlagFilter("active"),
    "created_at": MomentFilter("created_at"),
    "updated_at": MomentFilter("updated_at"),
    "metadata": MetadataFilter("metadata"),
}

EARNING_RULE = named(
    "earning_rule",
    id=public_id("ern"),
    created_at=TIME,
    updated_at=MAYBE_TIME,
    event=TEXT,
    custom_event=maybe(fields(schema_id=public_id("ms"))),
    segment=maybe(fields(id=public_id("seg"))),
    loyalty=sometimes(
        fields(type={"enum": ["FIXED", "PROPORTIONAL"]}),
        points=INTEGER,
        calculation_type=TEXT,
        custom_event=DOCUMENT,
    ),
    source=fields(banner=MAYBE_TEXT, object_id=public_id("camp"), object_type={"const": "campaign"}),
    active=FLAG,
    start_date=MAYBE_TIME,
    expiration_date=MAYBE_TIME,
    metadata=METADATA,
    validity_timeframe=MAYBE_DOCUMENT,
    validity_day_of_week={"type": ["array", "null"], "items": INTEGER},
    validity_hours=MAYBE_DOCUMENT,
    validation_rule_id=MAYBE_TEXT,
    automation_id=MAYBE_TEXT,
    loyalty_tier=MAYBE_DOCUMENT,
    pending_points=MAYBE_DOCUMENT,
    expiration_rules=MAYBE_DOCUMENT,
)


class ProportionShape(Shape):
    every = Number()
    points = Integer(from_text=True)
    property = Text(max_length=100)
    points_formula = Unsupported()


class EventProportion(Shape):
    metadata = ProportionShape()


class PointsShape(Shape):
    type = serializers.ChoiceField(choices=Formula.values)
    # An example of the original sends it as a string (contract f.4).
    points = Integer(from_text=True, **LEFT_OUT)
    calculation_type = serializers.ChoiceField(choices=[BY_EVENT_METADATA], **LEFT_OUT)
    custom_event = EventProportion(**LEFT_OUT)
    points_formula = Unsupported()


class SchemaReference(Shape):
    schema_id = Text()


class SegmentReference(Shape):
    id = Text()


class RuleSource(Shape):
    banner = Text(allow_blank=True, **LEFT_OUT)


class RuleChange(WindowShape):
    loyalty = PointsShape(**LEFT_OUT)
    source = RuleSource(**LEFT_OUT)  # type: ignore[assignment]  # the contract's name; the metaclass takes it away
    active = Flag(**LEFT_OUT)
    metadata = Document(**LEFT_OUT)
    validation_rule_id = Text(allow_blank=True, **LEFT_OUT)
    pending_points = Unsupported()
    expiration_rules = Unsupported()


class NewRule(RuleChange):
    event = Text(max_length=300)
    loyalty = PointsShape()
    custom_event = SchemaReference(**LEFT_OUT)
    segment = SegmentReference(**LEFT_OUT)
    loyalty_tier = Unsupported()


class EarningRules(ServerView):
    bodies = {"post": NewRule(many=True)}
    answers = {"post": array_of(EARNING_RULE), "get": page_of_objects("data", EARNING_RULE)}
    queries = {"get": (*PAGE_PARAMETERS, *FILTER_PARAMETERS)}

    def post(self, request: Request, campaign_id: str) -> Response:
        """Create earning rules: all of the list, or none."""
        program = find_programme(self.project, campaign_id).loyalty_program
        items = request.data
        if not isinstance(items, list) or not items:
            raise InvalidPayload.at("", "Payload must be array of at least one rule", code="type")
        bodies = [checked(NewRule, item) for item in items]
        with transaction.atomic():
            rules = [self._create(program, body) for body in bodies]
        return Response(render_rules(rules))

    def get(self, request: Request, campaign_id: str) -> Response:
        """List the earning rules of a programme."""
        query = Query(request)
        order = query.order(("created_at", "updated_at"), "-created_at")
        rows = EarningRule.objects.filter(program=find_programme(self.project, campaign_id).pk, deleted_at=None)
        rows = filtered(rows.select_related("definition", "program__campaign"), query, FILTERS)
        page = page_of(ordered(rows, order), query)
        return Response(listing("data", render_rules(page.rows), page))

    def _create(self, program: LoyaltyProgram, body: JsonObject) -> EarningRule:
        fields, segment_id = parse_rule(body), segment_of(body)
        definition = self._definition(body) if segment_id is None else None
        rule = create_rule(program, definition, fields, segment_id=segment_id, by=self.actor)
        if body.get("validation_rule_id"):
            give_validation_rule(rule, body["validation_rule_id"], by=self.actor, now=self.now)
        return rule

    def _definition(self, body: JsonObject) -> Any:
        """The event by `custom_event.schema_id`, or by its name."""
        reference = body.get("custom_event")
        definition = find_definition(
            self.project, {"id": reference["schema_id"]} if reference else {"name": body["event"]}
        )
        if definition.name != body["event"]:
            raise InvalidPayload.at("event", f"Property .event must be '{definition.name}'", body["event"])
        return definition


class OneEarningRule(ServerView):
    bodies = {"put": RuleChange}
    answers = {"get": EARNING_RULE, "put": EARNING_RULE}

    def get(self, request: Request, campaign_id: str, rule_id: str) -> Response:
        """Get an earning rule."""
        return Response(render_rules([self._rule(campaign_id, rule_id)])[0])

    def put(self, request: Request, campaign_id: str, rule_id: str) -> Response:
        """Change what a rule pays and when; its event stays. A null ends a window, what is left out stays."""
        rule = self._rule(campaign_id, rule_id)
        sent = checked(RuleChange, self.body(), keep_nulls=True)
        changes = {name: value for name, value in sent.items() if value is not None or name in WINDOW}
        fields = parse_rule(_as_body(rule) | changes)
        with transaction.atomic():
            rule = change_rule(rule, fields, by=self.actor, now=self.now)
            if "validation_rule_id" in sent:
                give_validation_rule(rule, sent["validation_rule_id"], by=self.actor, now=self.now)
        return Response(render_rules([rule])[0])

    def delete(self, request: Request, campaign_id: str, rule_id: str) -> Response:
        """Delete an earning rule. Points that it paid stay."""
        delete_rule(self._rule(campaign_id, rule_id), by=self.actor, now=self.now)
        return Response(status=204)

    def _rule(self, campaign_id: str, rule_id: str) -> EarningRule:
        return find_rule(self, campaign_id, rule_id)


class RuleSwitch(ServerView):
    """`…/enable` and `…/disable`: `active` is set where the route is declared."""

    answers = {"post": EARNING_RULE}

    active = True

    def post(self, request: Request, campaign_id: str, rule_id: str) -> Response:
        """Switch an earning rule on or off."""
        rule = find_rule(self, campaign_id, rule_id)
        return Response(render_rules([set_active(rule, self.active, by=self.actor, now=self.now)])[0])


def segment_of(body: JsonObject) -> UUID | None:
    """The segment whose entering the rule is about; None for one about an event, as also one of that name is.

    Raises InvalidPayload.
    """
    reference, is_entry = body.get("segment"), body["event"] == EarningRule.SEGMENT_ENTERED
    if reference is None:
        if is_entry and not body.get("custom_event"):
            words = f"Property .segment is required by {EarningRule.SEGMENT_ENTERED}"
            raise InvalidPayload.at("segment", words, code="required")
        return None
    if not is_entry or body.get("custom_event"):
        raise InvalidPayload.at("segment", "Property .segment does not belong to an event", code="unexpected")
    key = parse_public_id("seg", reference["id"])
    if key is None:
        raise unknown_segment("segment.id", reference["id"])
    return key


def find_rule(view: ServerView, campaign_id: str, rule_id: str) -> EarningRule:
    """A rule of that programme. Raises NotFound."""
    campaign = find_programme(view.project, campaign_id)
    key = parse_public_id("ern", rule_id)
    rules = EarningRule.objects.filter(program=campaign.pk, deleted_at=None)
    rules = rules.select_related("definition", "program__campaign", "project")
    rule = rules.filter(pk=key).first() if key else None
    if rule is None:
        raise NotFound.of("earning_rule", rule_id)
    return rule


def parse_rule(body: Mapping[str, Any]) -> RuleFields:
    """What a rule pays and when. Raises InvalidPayload where the parts of the formula do not fit together."""
    loyalty = body["loyalty"]
    named = {name: body[name] for name in ("active", "start_date", "expiration_date", "metadata") if name in body}
    # Whether a timeframe has its start is for the domain to say, with all else that is wrong.
    named["validity"], errors = parse_validity(body, has_start=True)
    if errors:
        raise InvalidPayload.of(errors)
    banner = (body.get("source") or {}).get("banner") or ""
    if loyalty["type"] == Formula.FIXED:
        if loyalty.get("points") is None:
            raise InvalidPayload.at("loyalty.points", "Property .loyalty must have required property 'points'")
        return RuleFields(Formula.FIXED, loyalty["points"], banner=banner, **named)
    if not loyalty.get("custom_event"):
        raise InvalidPayload.at("loyalty.custom_event", "Property .loyalty must have required property 'custom_event'")
    proportion = loyalty["custom_event"]["metadata"]
    return RuleFields(
        Formula.PROPORTIONAL,
        proportion["points"],
        every=proportion["every"],
        property_name=proportion["property"],
        banner=banner,
        **named,
    )


def render_rules(rules: Sequence[EarningRule]) -> list[JsonObject]:
    """The contract's earning rules (f.3); definitions and campaigns must be loaded. One statement."""
    assignments = assigned(ObjectType.EARNING_RULE, [rule.pk for rule in rules])
    return [_rendered(rule, assignments.get(rule.pk)) for rule in rules]


def _rendered(rule: EarningRule, assignment: Assignment | None) -> JsonObject:
    body = _as_body(rule)
    definition = rule.definition
    return {
        "id": rule.public_id,
        "created_at": rule.created_at,
        "updated_at": rule.updated_at,
        "event": definition.name if definition else EarningRule.SEGMENT_ENTERED,
        "custom_event": {"schema_id": definition.public_id} if definition else None,
        "segment": {"id": id_of("seg", rule.segment_id)} if rule.segment_id else None,
        **body,
        "source": {
            "banner": rule.banner or None,
            "object_id": rule.program.campaign.public_id,
            "object_type": "campaign",
        },
        "validation_rule_id": assignment.rule.public_id if assignment else None,
        **dict.fromkeys(NOT_SERVED),
        "object": "earning_rule",
    }


def _as_body(rule: EarningRule) -> JsonObject:
    """The parts of a rule that a PUT may replace, as it would write them."""
    if rule.formula == Formula.FIXED:
        loyalty: JsonObject = {"type": "FIXED", "points": rule.points}
    else:
        metadata = {"every": rule.every, "points": rule.points, "property": rule.property_name}
        loyalty = {
            "type": "PROPORTIONAL",
            "calculation_type": BY_EVENT_METADATA,
            "custom_event": {"metadata": metadata},
        }
    return {
        "loyalty": loyalty,
        "source": {"banner": rule.banner},
        "active": rule.active,
        "start_date": rule.start_date,
        "expiration_date": rule.expiration_date,
        "metadata": rule.metadata,
        **{name: rule.validity.get(name) for name in VALIDITY_FIELDS},
    }
