"""`/v1/publications`: codes that were given to customers."""

import re
from collections.abc import Mapping

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import (
    FILTER_PARAMETERS,
    ChoiceFilter,
    Filters,
    IdFilter,
    MomentFilter,
    OwnFilter,
    TextFilter,
    filtered,
)
from api.json_schemas import PUBLICATION
from api.object_schemas import PUBLICATION as PUBLICATION_ANSWER
from api.object_schemas import page_of as listed_pages
from api.pagination import HIGHEST_PAGE_OF_LONG_LISTS, PAGE_PARAMETERS, Query, listing, page_of
from api.shapes import LEFT_OUT, Document, Integer, Shape, Text, checked
from api.v1.rendering import render_publications
from api.v1.windows import is_referral_filter, result_filter
from api.views import ServerView
from campaigns.codes import code_key
from campaigns.models import Publication, VoucherType
from common.jsons import JsonObject
from common.refusals import InvalidPayload, NotFound
from customers.profiles import Profile, parse_profile
from customers.reading import find_customer
from projects.models import Project
from publications.publishing import PublicationRequest, publish, too_many

# What the list is ordered by, and the column of it.
ORDERS = {
    "id": "pk",
    "created_at": "pk",  # keys are in the order of time
    "voucher_code": "voucher__code_key",
    "tracking_id": "customer__source_id",
    "customer_id": "customer_id",
    "channel": "channel",
}
VOUCHER_TYPES = {"discount": VoucherType.DISCOUNT_VOUCHER, "loyalty": VoucherType.LOYALTY_CARD}
_NESTED = re.compile(r"\w+((\[[^\[\]]{1,100}\]){1,3})\Z")


def publication_filters(project: Project) -> Filters:
    return {
        "result": OwnFilter(result_filter),
        "customer_id": IdFilter("customer", "cust"),
        "campaign_name": TextFilter("voucher__campaign__name"),
        "voucher_code": TextFilter("voucher__code_key", lambda text: code_key(project, text)),
        "voucher_type": ChoiceFilter("voucher__type", VoucherType.values),
        "is_referral_code": OwnFilter(is_referral_filter),
        "parent_object_id": IdFilter("voucher__campaign", "camp"),
        "related_object_id": IdFilter("voucher", "v"),
        "source_id": TextFilter("source_id"),
        "created_at": MomentFilter("created_at"),
    }


class PublicationShape(Shape):
    """The parts beside `customer` and `campaign`, which may each be written in two ways."""

    voucher = Text(**LEFT_OUT)
    source_id = Text(**LEFT_OUT)
    channel = Text(**LEFT_OUT)
    metadata = Document(**LEFT_OUT)


class CampaignReference(Shape):
    name = Text()
    count = Integer(from_text=True, least=1, **LEFT_OUT)


class PublishingView(ServerView):
    def published(self, request: Request, body: JsonObject) -> JsonObject:
        query = Query(request)
        join_once = query.choice("join_once", ("true", "false"))
        query.done()
        fields, profile = parse_publication(body)
        asked_for = PublicationRequest(
            customer=profile,
            join_once=None if join_once is None else join_once == "true",
            **_campaign(body.get("campaign")),
            **fields,
        )
        publication = publish(self.project, asked_for, group_id=self.request_id, now=self.now, by=self.actor)
        return render_publications(self.project, [publication])[0]


class Publications(PublishingView):
    answers = {"get": listed_pages("publications", PUBLICATION_ANSWER), "post": PUBLICATION_ANSWER}
    bodies = {"post": {"application/json": PUBLICATION}}
    queries = {
        "post": ("join_once",),
        "get": (
            *PAGE_PARAMETERS,
            *FILTER_PARAMETERS,
            *("campaign", "customer", "voucher", "result", "voucher_type", "is_referral_code", "source_id"),
        ),
    }

    def post(self, request: Request) -> Response:
        """Publish a code to a customer: a given one, or one or several free codes of a campaign."""
        return Response(self.published(request, self.body()))

    def get(self, request: Request) -> Response:
        """List publications."""
        query = Query(request)
        rows = filtered(_chosen(self.project, query), query, publication_filters(self.project))
        rows = _ordered(rows, query.order(tuple(ORDERS), "-id"))
        page = page_of(rows, query, highest_page=HIGHEST_PAGE_OF_LONG_LISTS)
        return Response(listing("publications", render_publications(self.project, page.rows), page))


class PublicationByGet(PublishingView):
    """For integrations that can only follow links; the original wants a key of its own kind for it."""

    answers = {"get": PUBLICATION_ANSWER}
    queries = {"get": ("join_once", "voucher", "campaign[name]", "source_id", "customer[id]", "customer[source_id]")}

    def get(self, request: Request) -> Response:
        """Publish a code to a customer, all of it said in the address."""
        said = _nested(request.query_params)
        if not said.get("customer"):
            raise InvalidPayload.at("customer", "Query should have required property 'customer'", code="required")
        if isinstance(said.get("customer"), str):
            said["customer"] = {"source_id": said["customer"]}
        if said.get("voucher"):
            said.pop("campaign", None)  # the contract: it is skipped
        if isinstance(said.get("campaign"), dict) and said["campaign"].get("count") not in (None, "1"):
            raise too_many(1)
        return Response(self.published(request, said))


def parse_publication(body: JsonObject) -> tuple[JsonObject, Profile]:
    """The fields of a PublicationRequest beside customer and campaign, and the customer. Raises InvalidPayload."""
    profile, errors = parse_profile(body.get("customer"))
    if not errors and profile.is_empty:
        raise InvalidPayload.at(
            "customer", "Property .customer must have 'id', 'source_id' or a field such as 'email'"
        )
    fields = checked(PublicationShape, body, more=errors)
    fields["code"] = fields.pop("voucher", None)
    return fields, profile


def _chosen(project: Project, query: Query) -> QuerySet[Publication]:
    """What the parameters beside the filters leave; a publication of several codes is one row."""
    rows = Publication.objects.filter(project=project, revoked_at=None, part_of=None)
    rows = rows.select_related("voucher__campaign", "customer")
    exact = {
        "voucher__campaign__name": query.text("campaign"),
        "source_id": query.text("source_id"),
        "voucher__type": VOUCHER_TYPES.get(query.choice("voucher_type", tuple(VOUCHER_TYPES)) or ""),
    }
    rows = rows.filter(**{lookup: value for lookup, value in exact.items() if value is not None})
    if code := query.text("voucher"):
        # Also as a further code of a publication of several.
        of_code = Publication.objects.filter(project=project, voucher__code_key=code_key(project, code))
        rows = rows.filter(pk__in=of_code.annotate(first=Coalesce("part_of_id", "pk")).values("first"))
    if query.choice("is_referral_code", ("true", "false")) == "true":
        rows = rows.filter(voucher__is_referral_code=True)
    if query.choice("result", ("SUCCESS", "FAILURE")) == "FAILURE":
        rows = rows.none()  # what failed was answered so, and is not kept
    if customer := query.text("customer"):
        try:
            rows = rows.filter(customer=find_customer(project, customer))
        except NotFound:
            rows = rows.none()
    return rows


def _ordered(rows: QuerySet[Publication], order: str) -> QuerySet[Publication]:
    """Those without a value are the lowest, on either database; the key settles ties."""
    name, descending = order.removeprefix("-"), order.startswith("-")
    column, key = F(ORDERS[name]), "-pk" if descending else "pk"
    if ORDERS[name] == "pk":
        return rows.order_by(key)
    if name != "tracking_id":
        return rows.order_by(column.desc() if descending else column.asc(), key)
    return rows.order_by(column.desc(nulls_last=True) if descending else column.asc(nulls_first=True), key)


def _campaign(raw: object) -> JsonObject:
    """A name, or `{name, count}` of which so many codes are published, as fields of a PublicationRequest."""
    if raw is None or isinstance(raw, str):
        return {"campaign": raw}
    reference = checked(CampaignReference, raw)
    return {"campaign": reference["name"], "count": reference.get("count", 1)}


def _nested(parameters: Mapping[str, str]) -> JsonObject:
    """`customer[address][city]=Ulm` as {"customer": {"address": {"city": "Ulm"}}}."""
    said: JsonObject = {}
    for name, value in parameters.items():
        match = _NESTED.match(name)
        keys = [name[: match.start(1)], *match[1][1:-1].split("][")] if match else [name]
        place = said
        for key in keys[:-1]:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise InvalidPayload.at(name, f"Property .{name} is said in two ways", value)
        place[keys[-1]] = value
    said.pop("join_once", None)
    return said
