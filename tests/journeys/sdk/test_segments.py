"""SegmentsApi of the official Python SDK, and what else it has of segments."""

import pytest
import voucherify
from voucherify import models

from outbox.actions import RunAction
from projects.models import AsyncAction
from tests.world import a_definition, an_event

pytestmark = pytest.mark.django_db(transaction=True)


def run_actions():
    for action in AsyncAction.objects.exclude(status="DONE"):
        RunAction().handle({"action": str(action.pk)})


def create(api, name, **parts):
    return api.create_segment(models.SegmentsCreateRequestBody(name=name, **parts))


def test_segments_are_made_followed_and_deleted(sdk, served_project):
    a_definition(served_project, "rated us. 5 stars")
    segments, customers, events = voucherify.SegmentsApi(sdk), voucherify.CustomersApi(sdk), voucherify.EventsApi(sdk)
    ada = customers.create_customer(models.CustomersCreateRequestBody.from_dict({"source_id": "ada", "name": "Ada"}))
    where = {"events.rated us. 5 stars.count": {"conditions": {"$more_than": ["0"]}, "within_days": 30}}

    raters = create(segments, "Raters", type="auto-update", filter={"junction": "and"} | where)
    friends = create(segments, "Friends", type="static", customers=[ada.id])
    strangers = create(segments, "No name", type="passive", filter={"name": {"conditions": {"$is_unknown": ""}}})
    filling = segments.get_segment(raters.id)
    run_actions()
    filled = segments.get_segment(raters.id)
    for body in (an_event("rated us. 5 stars", by="ada"), an_event("rated us. 5 stars", by="ben")):
        events.track_custom_event(models.EventsCreateRequestBody.from_dict(body))

    assert (raters.object, raters.type, raters.filter) == ("segment", "auto-update", {"junction": "and"} | where)
    assert (filling.initial_sync_status, filled.initial_sync_status) == ("IN_PROGRESS", "DONE")
    assert (friends.type, friends.filter, friends.initial_sync_status) == ("static", None, "DONE")
    members = customers.list_customers(segment_id=raters.id)
    assert ([customer.source_id for customer in members.customers], members.total) == (["ben", "ada"], 2)
    of_ada, of_nobody = (customers.list_customer_segments(name) for name in ("ada", "nobody"))
    assert [(item.id, item.name) for item in of_ada.data] == [(friends.id, "Friends"), (raters.id, "Raters")]
    assert [(item.id, item.object) for item in of_nobody.data] == [(strangers.id, "segment")]
    activity = customers.list_customer_activity(ada.id, type="customer.segment.entered")
    assert activity.data[0].data["data"]["segment"] == {"id": raters.id, "name": "Raters", "object": "segment"}

    segments.delete_segment(raters.id)
    with pytest.raises(voucherify.exceptions.NotFoundException):
        segments.get_segment(raters.id)
    assert customers.list_customers(segment_id=raters.id).total == 0
    assert [item.name for item in customers.list_customer_segments("ada").data] == ["Friends"]
    run_actions()
    assert create(segments, "Raters", type="static", customers=[]).name == "Raters"
