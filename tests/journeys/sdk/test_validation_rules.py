"""ValidationRulesApi of the official Python SDK, and where its rules are judged."""

import pytest
import voucherify
from voucherify import models

from tests.world import a_definition, a_loyalty_programme, a_referral_programme, a_rule, an_event

pytestmark = pytest.mark.django_db(transaction=True)
VIDEO = {"name": "custom_event.metadata", "property": "kind", "conditions": {"$is": ["video"]}}


def test_rules_are_made_assigned_judged_and_deleted(sdk, served_project):
    reviewed = a_definition(served_project, "reviewed", {"kind": {"type": "string", "optional": True}})
    club = a_loyalty_programme(served_project)
    earning = a_rule(club, reviewed)
    friends = a_referral_programme(served_project, reviewed, club=club, referrer_points=5)
    rules, loyalties = voucherify.ValidationRulesApi(sdk), voucherify.LoyaltiesApi(sdk)
    events, campaigns = voucherify.EventsApi(sdk), voucherify.CampaignsApi(sdk)

    video = rules.create_validation_rules(
        models.ValidationRulesCreateRequestBody(
            name="Videos",
            rules={"1": VIDEO, "logic": "1"},
            error={"message": "Videos alone"},
            context_type="earning_rule.custom_event",
        )
    )
    other = rules.create_validation_rules(models.ValidationRulesCreateRequestBody(name="Anything", rules={}))
    target = models.ValidationRulesAssignmentsCreateRequestBody(
        related_object_type="earning_rule", related_object_id=earning.public_id
    )
    assigned = rules.create_validation_rule_assignment(
        video.id, validation_rules_assignments_create_request_body=target
    )
    for kind in ("video", "text"):
        body = an_event("reviewed", by=kind, metadata={"kind": kind})
        events.track_custom_event(models.EventsCreateRequestBody.from_dict(body))

    assert (video.type, video.error.message, video.rules) == ("expression", "Videos alone", {"1": VIDEO, "logic": "1"})
    assert (video.applicable_to.included_all, video.assignments_count, video.object) == (False, 0, "validation_rules")
    assert (assigned.rule_id, assigned.related_object_id) == (video.id, earning.public_id)
    holders = loyalties.list_members(club.public_id).vouchers
    assert [card.loyalty_card.balance for card in holders] == [10]
    assert loyalties.get_earning_rule(club.public_id, earning.public_id).validation_rule_id == video.id
    assert rules.get_validation_rule(video.id).assignments_count == 1

    with pytest.raises(voucherify.exceptions.ApiException, match="duplicate_found"):
        rules.create_validation_rule_assignment(other.id, validation_rules_assignments_create_request_body=target)
    replaced = rules.create_validation_rule_assignment(
        other.id, force=True, validation_rules_assignments_create_request_body=target
    )
    assert [item.id for item in rules.list_validation_rule_assignments(other.id).data] == [replaced.id]
    assert rules.list_validation_rules_assignments(rule=video.id).total == 0

    changed = rules.update_validation_rule(video.id, models.ValidationRulesUpdateRequestBody(name="Films"))
    assert (changed.name, changed.rules) == ("Films", {"1": VIDEO, "logic": "1"})
    assert [rule.name for rule in rules.list_validation_rules(order="name").data] == ["Anything", "Films"]
    ruled = campaigns.update_campaign(
        friends.public_id, models.CampaignsUpdateRequestBody.from_dict({"description": "For friends"})
    )
    assert ruled.validation_rules_assignments.total == 0

    with pytest.raises(voucherify.exceptions.BadRequestException, match="resource_in_use"):
        rules.delete_validation_rules(other.id)
    rules.delete_validation_rule_assignment(other.id, replaced.id)
    rules.delete_validation_rules(other.id)
    with pytest.raises(voucherify.exceptions.NotFoundException):
        rules.get_validation_rule(other.id)


def test_a_campaign_is_made_with_its_rule(sdk, served_project):
    a_definition(served_project, "reviewed", {"kind": {"type": "string", "optional": True}})
    rules, campaigns = voucherify.ValidationRulesApi(sdk), voucherify.CampaignsApi(sdk)
    video = rules.create_validation_rules(models.ValidationRulesCreateRequestBody(name="Videos", rules={"1": VIDEO}))

    campaign = campaigns.create_campaign(
        models.CampaignsCreateRequestBody.from_dict(
            {
                "name": "Friends",
                "campaign_type": "REFERRAL_PROGRAM",
                "voucher": {
                    "type": "DISCOUNT_VOUCHER",
                    "discount": {"type": "PERCENT", "percent_off": 10},
                    "is_referral_code": True,
                },
                "referral_program": {"conversion_event_type": "custom_event", "custom_event": {"name": "reviewed"}},
                "validation_rules": [video.id],
            }
        )
    )

    (assignment,) = campaign.validation_rules_assignments.data
    assert (assignment.rule_id, assignment.related_object_type) == (video.id, "campaign")
