"""`/v1/loyalties/…/members/{memberId}/activity`: what happened to a card, rendered from the effects of its holder."""

from collections.abc import Mapping

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.object_schemas import ACTIVITY, cursor_of
from api.pagination import CURSOR_PARAMETERS, Query, cursor_listing, slice_of
from api.v1.activity import render_entries
from api.v1.loyalties import find_member
from api.views import ServerView
from campaigns.models import Voucher
from common.ids import public_id
from customers.models import Customer
from events.models import StoredEffect

# Of the contract's types of a card's activity, those that there can be. The SDKs refuse any other type here.
POINTS = ("points.earned", "points.added", "points.removed", "points.reversed")
REWARDS = ("reward.granted", "reward.revoked")


class MemberActivity(ServerView):
    queries = {"get": (*CURSOR_PARAMETERS, "order", "start_date", "end_date")}
    answers = {"get": cursor_of(ACTIVITY)}

    def get(self, request: Request, member_id: str, campaign_id: str | None = None) -> Response:
        """List what happened to a card since its holder has it, newest first."""
        voucher = find_member(self.project, member_id, campaign_id)
        query = Query(request)
        found, has_more = slice_of(_effects(voucher, query), query, "evcus", orders=("created_at",))
        holder = Customer(pk=voucher.holder_id) if not found else found[0].customer
        return Response(cursor_listing(render_entries(self.project, holder, found), has_more))


def _effects(voucher: Voucher, query: Query) -> QuerySet[StoredEffect]:
    """The effects of the card's holder that are about the card; read by the index of a customer's effects."""
    effects = StoredEffect.objects.filter(project=voucher.project_id, customer=voucher.holder_id)
    assert voucher.campaign_id is not None  # a loyalty card is of a programme (campaigns_voucher_may_stand_alone)
    about = Q(kind__in=POINTS, data__card=voucher.code) | Q(kind="code.published", data__code=voucher.code)
    about |= Q(kind__in=REWARDS, data__campaign_id=public_id("camp", voucher.campaign_id))
    bounds: Mapping[str, object] = {
        "created_at__gte": query.moment("start_date"),
        "created_at__lte": query.moment("end_date"),
    }
    narrowed = {lookup: moment for lookup, moment in bounds.items() if moment is not None}
    return effects.filter(about, **narrowed).select_related("customer")
