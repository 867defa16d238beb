"""`/v1/validation-rules`: conditions under a name, and what they are assigned to (contract i)."""

from collections.abc import Sequence

from django.db.models import Count, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.object_schemas import (
    ASSIGNMENT,
    COUNT,
    DOCUMENT,
    FLAG,
    MAYBE_TIME,
    TEXT,
    TIME,
    array_of,
    fields,
    maybe,
    named,
    public_id,
)
from api.object_schemas import page_of as page_of_objects
from api.pagination import PAGE_PARAMETERS, Page, Query, listing, ordered, page_of
from api.shapes import LEFT_OUT, Document, Shape, Text, Unsupported, checked
from api.views import ServerView
from common.ids import parse_public_id
from common.jsons import JsonObject
from rules.assigning import assign, find_assignment, unassign
from rules.creation import RuleFields, change_rule, create_rule, delete_rule, find_rule
from rules.models import Assignment, ContextType, RuleType, ValidationRule
from rules.rendering import render_assignments, render_rule

PERIOD = ("start_date", "end_date")
RULE_ORDERS = ("created_at", "updated_at", "name")

VALIDATION_RULE = named(
    "validation_rules",
    id=public_id("val"),
    name=TEXT,
    rules=DOCUMENT,
    bundle_rules=DOCUMENT,
    error=maybe(fields(message=TEXT)),
    applicable_to=fields(excluded=array_of(DOCUMENT), included=array_of(DOCUMENT), included_all=FLAG),
    type=TEXT,
    context_type=TEXT,
    created_at=TIME,
    updated_at=MAYBE_TIME,
    assignments_count=COUNT,
)


class RuleErrorShape(Shape):
    # Its length is judged with the rules, so that all errors are told together.
    message = Text(allow_blank=True, max_length=10_240, **LEFT_OUT)


class RuleChangeShape(Shape):
    name = Text(allow_blank=True, max_length=10_240, **LEFT_OUT)
    rules = Document(**LEFT_OUT)
    type = Text(**LEFT_OUT)
    context_type = Text(**LEFT_OUT)
    error = RuleErrorShape(**LEFT_OUT)
    applicable_to = Document(**LEFT_OUT)
    bundle_rules = Unsupported()


class RuleShape(RuleChangeShape):
    name = Text(allow_blank=True, max_length=10_240)


class AssignmentShape(Shape):
    related_object_type = Text()
    related_object_id = Text()


class ValidationRules(ServerView):
    bodies = {"post": RuleShape}
    answers = {"get": page_of_objects("data", VALIDATION_RULE), "post": VALIDATION_RULE}
    queries = {"get": (*PAGE_PARAMETERS, *PERIOD)}

    def post(self, request: Request) -> Response:
        """Create a validation rule. It is judged where it is assigned."""
        fields = _fields(checked(RuleShape, self.body(), keep_nulls=True))
        rule = create_rule(self.project, fields, by=self.actor, now=self.now)
        return Response(render_rule(rule, 0))

    def get(self, request: Request) -> Response:
        """List validation rules."""
        query = Query(request)
        order = query.order(RULE_ORDERS, "-created_at")
        bounds = {"created_at__gte": query.moment("start_date"), "created_at__lte": query.moment("end_date")}
        rows = ValidationRule.objects.filter(
            project=self.project, **{name: moment for name, moment in bounds.items() if moment}
        )
        page = page_of(ordered(rows, order), query)
        return Response(listing("data", _rendered(page.rows), page))


class OneValidationRule(ServerView):
    bodies = {"put": RuleChangeShape}
    answers = {"get": VALIDATION_RULE, "put": VALIDATION_RULE}
    queries = {"delete": ("force",)}

    def get(self, request: Request, validation_rule_id: str) -> Response:
        """Get a validation rule."""
        return Response(_rendered([find_rule(self.project, validation_rule_id)])[0])

    def put(self, request: Request, validation_rule_id: str) -> Response:
        """Change a validation rule, wherever it is assigned: what is left out stays."""
        rule = find_rule(self.project, validation_rule_id)
        sent = checked(RuleChangeShape, self.body(), keep_nulls=True)
        rule = change_rule(rule, _fields(sent, rule), by=self.actor, now=self.now)
        return Response(_rendered([rule])[0])

    def delete(self, request: Request, validation_rule_id: str) -> Response:
        """Delete a validation rule that is assigned to nothing, or with `force=true` any."""
        query = Query(request)
        force = query.flag("force")
        query.done()
        delete_rule(find_rule(self.project, validation_rule_id), force=force, by=self.actor, now=self.now)
        return Response(status=204)


class RuleAssignments(ServerView):
    bodies = {"post": AssignmentShape}
    answers = {"get": page_of_objects("data", ASSIGNMENT), "post": ASSIGNMENT}
    queries = {"get": PAGE_PARAMETERS, "post": ("force",)}

    def post(self, request: Request, validation_rule_id: str) -> Response:
        """Assign a rule to an earning rule, a referral campaign or a distribution; each has one at most.

        `force=true` puts it in the place of the one that is there.
        """
        query = Query(request)
        force = query.flag("force")
        query.done()
        rule = find_rule(self.project, validation_rule_id)
        body = checked(AssignmentShape, self.body())
        kind, object_id = body["related_object_type"], body["related_object_id"]
        assignment = assign(rule, kind, object_id, force=force, by=self.actor, now=self.now)
        return Response(render_assignments([assignment])[0])

    def get(self, request: Request, validation_rule_id: str) -> Response:
        """List what a rule is assigned to; of an unknown one, nothing."""
        key = parse_public_id("val", validation_rule_id)
        rows = Assignment.objects.filter(project=self.project, rule=key) if key else Assignment.objects.none()
        return _listed(rows, Query(request))


class OneRuleAssignment(ServerView):
    def delete(self, request: Request, validation_rule_id: str, assignment_id: str) -> Response:
        """Take a rule from what it is assigned to."""
        rule = find_rule(self.project, validation_rule_id)
        unassign(find_assignment(rule, assignment_id), by=self.actor, now=self.now)
        return Response(status=204)


class Assignments(ServerView):
    answers = {"get": page_of_objects("data", ASSIGNMENT)}
    queries = {"get": (*PAGE_PARAMETERS, "related_object_id", "rule")}

    def get(self, request: Request) -> Response:
        """List the assignments of all rules, those of a rule, or that of an object."""
        query = Query(request)
        rows = Assignment.objects.filter(project=self.project)
        if rule_id := query.text("rule"):
            key = parse_public_id("val", rule_id)
            rows = rows.filter(rule=key) if key else rows.none()
        if object_id := query.text("related_object_id"):
            key = parse_public_id(object_id.partition("_")[0], object_id)
            rows = rows.filter(related_object_id=key) if key else rows.none()
        return _listed(rows, query)


def _listed(rows: QuerySet[Assignment], query: Query) -> Response:
    order = query.order(("created_at",), "-created_at")
    page: Page = page_of(ordered(rows.select_related("rule"), order), query)
    return Response(listing("data", render_assignments(page.rows), page))


def _rendered(rules: Sequence[ValidationRule]) -> list[JsonObject]:
    """One statement."""
    rows = Assignment.objects.filter(rule__in=[rule.pk for rule in rules]).order_by()
    counts = dict(rows.values_list("rule").annotate(count=Count("pk")))
    return [render_rule(rule, counts.get(rule.pk, 0)) for rule in rules]


def _fields(sent: JsonObject, stored: ValidationRule | None = None) -> RuleFields:
    """What was sent over what is stored; a null is what was left out, but for the message, which it takes away."""
    before = stored or ValidationRule(type=RuleType.EXPRESSION, context_type=ContextType.GLOBAL)
    named = {
        name: getattr(before, name) if sent.get(name) is None else sent[name]
        for name in ("name", "rules", "type", "context_type", "applicable_to")
    }
    error = (sent["error"] or {}).get("message") or "" if "error" in sent else before.error
    return RuleFields(**named, error=error)
