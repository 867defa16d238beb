"""No activity has a type that the SDKs would refuse, whatever effects there are (contract a.7, d.7)."""

import pytest
from voucherify import models

from api.v1.activity import _TYPE_OF_KIND, EFFECTS_OF_TYPE, TRACKED
from api.v1.activity_types import ACTIVITY_TYPES
from events.models import StoredEffect
from tests.world import NOW

KINDS_TO_COME = [
    "tier.changed",
    "points.pending",
    "delivery.scheduled",
    "badge.given",
    "x",
    "é" * 40,
]


def test_the_sdk_knows_these_types_and_no_other():
    assert {models.CustomerActivity(type=name).type for name in ACTIVITY_TYPES} == set(ACTIVITY_TYPES)
    assert len(ACTIVITY_TYPES) == 74
    with pytest.raises(ValueError, match="must be one of enum values"):
        models.CustomerActivity(type="customer.webhook.sent")


def test_every_effect_that_is_shown_has_one_of_them():
    assert {TRACKED, *EFFECTS_OF_TYPE, *_TYPE_OF_KIND.values()} <= set(ACTIVITY_TYPES)


def test_an_effect_that_the_contract_has_no_type_for_is_not_shown(api, project, shop):
    before = api.get(f"/v1/customers/{shop.ben.public_id}/activity", limit="100").body["data"]
    StoredEffect.objects.bulk_create(
        StoredEffect(
            project=project,
            cause_id=shop.event.pk,
            event_id=shop.event.pk,
            customer=shop.ben,
            seq=900 + seq,
            kind=kind,
            data={},
            created_at=NOW,
        )
        for seq, kind in enumerate(KINDS_TO_COME)
    )

    after = api.get(f"/v1/customers/{shop.ben.public_id}/activity", limit="100").body["data"]

    assert after == before
    assert {entry["type"] for entry in after} <= set(ACTIVITY_TYPES)


def test_a_type_that_there_is_not_is_refused(api, shop):
    path = f"/v1/customers/{shop.ben.public_id}/activity"

    assert api.get(path, type="customer.sms.sent").body["data"] == []
    assert (api.get(path, type="points.earned").status, api.get(path, type="points.earned").paths) == (400, ["type"])
