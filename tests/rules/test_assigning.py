"""What rules are assigned to, and who is told."""

import pytest

from common.refusals import Duplicate, InUse, InvalidPayload, NotFound
from loyalty.rules import delete_rule as delete_earning_rule
from outbox.models import OutboxMessage
from projects.models import AuditEntry
from rules.assigning import unassign
from rules.creation import RuleFields, change_rule, delete_rule
from rules.grammar import InvalidRules
from rules.models import Assignment, ValidationRule
from segments.creation import delete_segment
from tests.rules.world import VIDEO, a_validation_rule, asking, assigned, in_segment
from tests.segments.world import a_segment
from tests.threads import at_once
from tests.world import (
    NOW,
    TESTER,
    a_coupon_campaign,
    a_definition,
    a_loyalty_programme,
    a_referral_programme,
    a_rule,
)
from webhooks.subscribing import Subscription, create_webhook


@pytest.fixture
def reviewed(project):
    kind, place = {"type": "string", "optional": True}, {"type": "geopoint", "optional": True}
    return a_definition(project, "reviewed", {"kind": kind, "place": place}, unknown="reject")


@pytest.fixture
def earning(project, reviewed):
    return a_rule(a_loyalty_programme(project), reviewed, banner="Reviews")


def test_an_object_has_one_rule_and_force_replaces_it(project, earning):
    first, second = a_validation_rule(project), a_validation_rule(project, name="Others")
    assigned(first, "earning_rule", earning)

    with pytest.raises(Duplicate):
        assigned(second, "earning_rule", earning)
    with pytest.raises(Duplicate):
        assigned(first, "earning_rule", earning)
    assigned(second, "earning_rule", earning, force=True)

    assert [row.rule_id for row in Assignment.objects.all()] == [second.pk]


def test_what_cannot_have_a_rule_says_so(project, earning):
    rule = a_validation_rule(project)
    coupons = a_coupon_campaign(project)
    earning_of_nobody = type("Row", (), {"public_id": "ern_0000000000000000000000"})

    with pytest.raises(InvalidPayload, match="must be one of campaign, earning_rule"):
        assigned(rule, "voucher", earning)
    with pytest.raises(NotFound):
        assigned(rule, "campaign", earning)
    with pytest.raises(NotFound):
        assigned(rule, "earning_rule", earning_of_nobody)
    with pytest.raises(InvalidPayload, match="Campaign 'Sale' converts nothing"):
        assigned(rule, "campaign", coupons)
    assert not Assignment.objects.exists()


def test_a_rule_asks_for_what_the_event_has_or_may_have(project, reviewed, earning):
    place = a_validation_rule(project, asking("custom_event.metadata", {"$has_value": []}, property="place"))
    colour = a_validation_rule(project, asking("custom_event.metadata", {"$has_value": []}, property="colour"))

    with pytest.raises(InvalidRules, match="Property 'place' is a geopoint of 'reviewed', which rules cannot ask for"):
        assigned(place, "earning_rule", earning)
    with pytest.raises(InvalidRules, match="Property 'colour' is no property of 'reviewed', the event of earning"):
        assigned(colour, "earning_rule", earning)
    kind = a_validation_rule(project)
    assigned(kind, "earning_rule", earning)
    with pytest.raises(InvalidRules) as refused:
        change_rule(kind, RuleFields("Kind", colour.rules), by=TESTER, now=NOW)
    assert [error.path for error in refused.value.errors] == ["rules.1.property"]
    assert ValidationRule.objects.get(pk=kind.pk).rules == VIDEO


def test_a_rule_in_use_is_deleted_by_force_alone(project, earning):
    rule = a_validation_rule(project)
    assigned(rule, "earning_rule", earning)

    with pytest.raises(InUse, match="in use by earning rule 'Reviews'"):
        delete_rule(rule, by=TESTER, now=NOW)
    delete_rule(rule, force=True, by=TESTER, now=NOW)

    assert not ValidationRule.objects.exists() and not Assignment.objects.exists()


def test_a_rule_goes_with_the_earning_rule_that_it_was_for(project, earning):
    rule = a_validation_rule(project)
    assigned(rule, "earning_rule", earning)

    delete_earning_rule(earning, by=TESTER, now=NOW)
    delete_rule(rule, by=TESTER, now=NOW)

    assert not ValidationRule.objects.exists()


def test_a_segment_that_a_rule_asks_for_stays(project):
    segment = a_segment(project, {"name": {"conditions": {"$has_value": ""}}}, name="Named")
    rule = a_validation_rule(project, in_segment(segment), name="Named alone")

    with pytest.raises(InUse, match="in use by validation rule 'Named alone'"):
        delete_segment(segment, by=TESTER, request_id="", now=NOW)
    delete_rule(rule, by=TESTER, now=NOW)
    delete_segment(segment, by=TESTER, request_id="", now=NOW)

    assert segment.deleted_at == NOW


def test_webhooks_and_the_audit_log_are_told_of_everything(project, reviewed):
    campaign = a_referral_programme(project, reviewed)
    events = ["created", "updated", "deleted", "assignment.created", "assignment.deleted"]
    types = [f"business_validation_rule.{name}" for name in events]
    create_webhook(project, Subscription("https://shop.example", types), by=TESTER)

    rule = a_validation_rule(project)
    assignment = assigned(rule, "campaign", campaign)
    change_rule(rule, RuleFields("Films", VIDEO), by=TESTER, now=NOW)
    unassign(assignment, by=TESTER, now=NOW)
    delete_rule(rule, by=TESTER, now=NOW)

    told = [row.payload for row in OutboxMessage.objects.filter(topic="webhook.fan_out").order_by("pk")]
    assert [each["type"].removeprefix("business_validation_rule.") for each in told] == [
        "created",
        "assignment.created",
        "updated",
        "assignment.deleted",
        "deleted",
    ]
    assert told[1]["about"]["validation_rules_assignment"]["related_object_id"] == campaign.public_id
    assert told[4]["about"]["validation_rule"]["name"] == "Films"
    actions = AuditEntry.objects.filter(action__startswith="validation_rule").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "validation_rule.created",
        "validation_rule.assigned",
        "validation_rule.updated",
        "validation_rule.unassigned",
        "validation_rule.deleted",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_rule_that_is_deleted_while_it_is_assigned_is_one_or_the_other(project, earning):
    for _ in range(10):
        rule = a_validation_rule(project)

        def delete(rule=rule):
            delete_rule(rule, force=True, by=TESTER, now=NOW)
            return "deleted"

        def give(rule=rule):
            try:
                return assigned(rule, "earning_rule", earning) and "assigned"
            except NotFound:
                return "gone"

        deleted, given = at_once([delete, give])

        assert (deleted, given in ("assigned", "gone")) == ("deleted", True)
        assert not ValidationRule.objects.exists() and not Assignment.objects.exists()


def test_an_assignment_that_is_gone_already_is_told_of_once(project, earning):
    rule = a_validation_rule(project)
    assignment = assigned(rule, "earning_rule", earning)
    same = Assignment.objects.select_related("rule", "project").get()

    unassign(assignment, by=TESTER, now=NOW)
    unassign(same, by=TESTER, now=NOW)

    assert AuditEntry.objects.filter(action="validation_rule.unassigned").count() == 1
