"""`/v1/customers/{customerId}/permanent-deletion` (contract d.3)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.object_schemas import COUNT, TIME, fields, public_id
from api.views import ServerView
from common.jsons import JsonObject
from events.erasure import Erasure, erase_customer, find_erasable

DELETION = fields(
    id=public_id("del"),
    created_at=TIME,
    related_object_id=public_id("cust"),
    related_object={"const": "customer"},
    status={"const": "DONE"},
    data_json=fields(
        **dict.fromkeys(
            ("events", "customer_events", "daily_events", "segments", "orders", "order_events", "customer"), COUNT
        )
    ),
    # As the original spells it.
    object={"const": "pernament_deletion"},
)


class PermanentDeletion(ServerView):
    answers = {"post": DELETION}

    def post(self, request: Request, customer_id: str) -> Response:
        """Delete a customer and all that is said of the person, wherever it stands. Points stay in the books."""
        customer = find_erasable(self.project, customer_id)
        erasure = erase_customer(self.project, customer, group_id=self.request_id, now=self.now, by=self.actor)
        return Response(render_erasure(erasure))


def render_erasure(erasure: Erasure) -> JsonObject:
    return {
        "id": erasure.public_id,
        "created_at": erasure.erased_at,
        "related_object_id": erasure.customer.public_id,
        "related_object": "customer",
        "status": "DONE",
        "data_json": {
            "events": erasure.event_count,
            "customer_events": erasure.event_count + erasure.activity_count,
            "daily_events": 0,
            "segments": 0,
            "orders": 0,
            "order_events": 0,
            "customer": 1,
        },
        # Spelt so in the contract.
        "object": "pernament_deletion",
    }
