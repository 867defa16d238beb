"""`/v1/publications` and `/v1/vouchers/{code}`."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.json_schemas import PUBLICATION
from api.pagination import PAGE_PARAMETERS, Query, listing, ordered, page_of
from api.shapes import LEFT_OUT, Document, Integer, Shape, Text, checked
from api.v1.rendering import render_publications, render_vouchers
from api.views import ServerView
from campaigns.codes import code_key
from campaigns.models import Publication
from campaigns.reading import find_voucher
from common.jsons import JsonObject
from common.refusals import InvalidPayload, Refusal
from customers.profiles import Profile, parse_profile
from projects.models import Project
from publications.publishing import PublicationRequest, publish

ORDERS = ("id", "created_at", "channel")


class PublicationShape(Shape):
    """The parts beside `customer` and `campaign`, which may each be written in two ways."""

    voucher = Text(**LEFT_OUT)
    source_id = Text(**LEFT_OUT)
    channel = Text(**LEFT_OUT)
    metadata = Document(**LEFT_OUT)


class CampaignReference(Shape):
    name = Text()
    count = Integer(**LEFT_OUT)


class Publications(ServerView):
    bodies = {"post": {"application/json": PUBLICATION}}
    queries = {"post": ("join_once",), "get": (*PAGE_PARAMETERS, "campaign", "voucher", "source_id")}

    def post(self, request: Request) -> Response:
        """Publish a code to a customer: a given one, or any free one of a campaign."""
        query = Query(request)
        join_once = query.choice("join_once", ("true", "false"))
        query.done()
        body = self.body()
        fields, profile = parse_publication(body)
        asked_for = PublicationRequest(
            customer=profile,
            campaign=_campaign_name(body.get("campaign")),
            join_once=None if join_once is None else join_once == "true",
            **fields,
        )
        publication = publish(self.project, asked_for, group_id=self.request_id, now=self.now)
        return Response(render_publications(self.project, [publication])[0])

    def get(self, request: Request) -> Response:
        """List publications."""
        query = Query(request)
        rows = Publication.objects.filter(project=self.project, revoked_at=None)
        rows = rows.select_related("voucher__campaign", "customer")
        exact = {
            "voucher__campaign__name": query.text("campaign"),
            "voucher__code_key": _code_key(self.project, query.text("voucher")),
            "source_id": query.text("source_id"),
        }
        rows = rows.filter(**{lookup: value for lookup, value in exact.items() if value is not None})
        order = query.order(ORDERS, "-id")
        page = page_of(ordered(rows, order), query)
        return Response(listing("publications", render_publications(self.project, page.rows), page))


class OneVoucher(ServerView):
    def get(self, request: Request, code: str) -> Response:
        """Get a voucher by code or id."""
        return Response(render_vouchers(self.project, [find_voucher(self.project, code)])[0])


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


def _code_key(project: Project, code: str | None) -> str | None:
    return None if code is None else code_key(project, code)


def _campaign_name(raw: object) -> str | None:
    """A name, or `{name, count}` of which one code is published."""
    if raw is None or isinstance(raw, str):
        return raw
    reference = checked(CampaignReference, raw)
    if reference.get("count", 1) != 1:
        raise Refusal(
            "Only up to 1 can be published", key="too_many_vouchers_requested", message="Too many vouchers requested"
        )
    name: str = reference["name"]
    return name
