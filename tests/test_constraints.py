"""Every named constraint of the database, met by going past the code."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint

from campaigns.kinds import BalanceChange
from campaigns.models import Campaign, Holder, Publication, Voucher
from campaigns.vouchers import add_code
from common.ids import uuid7
from customers.models import Customer
from distributions.models import Delivery, Distribution, EmailOptOut
from distributions.unsubscribing import unsubscribe
from events.models import EventVoid, IdempotencyKey, RejectedEvent, StoredEffect
from eventschema.models import (
    EventDefinition,
    MetadataSchema,
    NestedProperty,
    PropertyDefinition,
    SchemaVersion,
)
from exports.models import Export, ExportPart
from exports.starting import ExportRequest, start_export
from gifts.journal import adjust_credits
from gifts.models import GiftCard, GiftEntry
from loyalty.models import Allocation, EarningRule, EntryKind, LedgerEntry, LoyaltyCard
from outbox.actions import start_action
from outbox.models import OutboxMessage
from projects.keys import create_key
from projects.models import AccessToken, ApiKey, AsyncAction, AuditEntry, Membership, Project, RequestCount
from projects.tokens import issue_token
from referrals.models import Conversion, ReferralProgram, ReferralTier
from rules.models import Assignment, ValidationRule
from segments.models import Membership as SegmentMembership
from segments.models import MembershipChange, Segment
from tests.distributions.world import a_distribution
from tests.eventschema.test_nested_objects import a_nested_schema
from tests.factories import MembershipFactory
from tests.loyalty.cards import card, post
from tests.rules.world import a_validation_rule, assigned
from tests.segments.world import a_segment
from tests.webhooks.sent import queued
from tests.world import (
    NOW,
    TESTER,
    a_definition,
    a_gift_campaign,
    a_loyalty_programme,
    a_published_code,
    a_referral_programme,
    a_rule,
    accept,
    an_event,
)
from webhooks.models import Attempt, SendOut, SendOutStatus, Webhook
from webhooks.subscribing import Subscription, create_webhook

OURS = (
    *("projects", "outbox", "webhooks", "exports", "customers", "eventschema", "events"),
    *("campaigns", "referrals", "loyalty", "gifts", "segments", "rules", "distributions"),
)
CONSTRAINTS = {
    constraint.name: (model, constraint)
    for model in apps.get_models()
    if model._meta.app_label in OURS
    for constraint in model._meta.constraints
}


@pytest.fixture
def world(project, settings):
    """At least one row of every table."""
    signed_up = a_definition(project, "signed_up", {"plan": {"type": "string", "optional": True}})
    a_nested_schema(project, "address", {"city": {"type": "string"}})
    club = a_loyalty_programme(project)
    assigned(a_validation_rule(project), "earning_rule", a_rule(club, signed_up))
    referrals = a_referral_programme(project, signed_up, club=club, referee_points=50, referrer_points=100)
    a_published_code(club, "CARD-1", to="ada")
    a_published_code(referrals, "NRY-01", to="ada")
    accept(project, an_event(referral={"code": "NRY-01"}))
    post(card("CARD-1"), -5)
    key, _ = create_key(project, kind="server", by=TESTER)
    issue_token(key, "", now=NOW)
    RequestCount.objects.create(key=key, project=project, minute=1, count=1)
    MembershipFactory(project=project)
    event_id = StoredEffect.objects.exclude(event_id=None).first().event_id
    IdempotencyKey.objects.create(event_id=event_id, project=project, key="order-1", fingerprint="", answer="")
    EventVoid.objects.create(event_id=event_id, project=project, voided_at=NOW)
    RejectedEvent.objects.create(project=project, name="signed_up", occurred_at=NOW, created_at=NOW)
    a_segment(project, {"name": {"conditions": {"$is_unknown": ""}}})
    settings.ASYNC_ACTIONS = {"COUNT": "tests.outbox.jobs.count"}
    create_webhook(project, Subscription("https://shop.example", ["customer.created"]), by=TESTER)
    attempted(project, last(Webhook))
    start_action(project, type="COUNT", payload={}, request_id="", now=NOW)
    a_distribution(project, definition=signed_up)
    accept(project, an_event(by="ben"))
    unsubscribe(last(Customer), now=NOW)
    gift = add_code(a_gift_campaign(project), "GIFT-1", by=TESTER)
    adjust_credits(gift, BalanceChange(500, source_id="s-1"), now=NOW, by=TESTER)
    export = start_export(project, "gift_transactions", ExportRequest(), scope={}, now=NOW)
    ExportPart.objects.create(export=export, run=uuid7(), position=0, text="")


def attempted(project, webhook):
    [send_out] = queued(project, webhook)
    Attempt.objects.create(project=project, send_out=send_out, number=1, started_at=NOW, took_ms=1)


def insert(row, **changes):
    """A second row like `row`, with a key of its own, but for `changes`."""
    model = type(row)
    columns = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
    del columns[model._meta.pk.attname]
    model._base_manager.bulk_create([model(**columns | changes)])


def last(model):
    return model.objects.order_by("pk").last()


def first_lot():
    return LedgerEntry.objects.filter(points__gt=0).order_by("pk").first()


def twin(model, **changes):
    """Inserts a copy of the last row of the model."""
    insert(last(model), **changes)


def update(model, **changes):
    """Changes the last row of the model."""
    model.objects.filter(pk=last(model).pk).update(**changes)


# How each constraint is broken, nothing else being wrong.
BREACHES = {
    "projects_project_slug": lambda: twin(Project),
    "projects_membership_once": lambda: twin(Membership),
    "projects_apikey_key_id": lambda: twin(ApiKey, token_hash="another"),
    "projects_apikey_token": lambda: twin(ApiKey, key_id="another"),
    "projects_accesstoken_token": lambda: twin(AccessToken),
    "projects_accesstoken_lives": lambda: twin(AccessToken, token_hash="b", expires_at=NOW),
    "projects_requestcount_counts": lambda: update(RequestCount, count=0),
    "projects_auditentry_says_what": lambda: twin(AuditEntry, action=""),
    "projects_asyncaction_has_type": lambda: twin(AsyncAction, type=""),
    "projects_asyncaction_progress": lambda: twin(AsyncAction, progress=101),
    "webhooks_webhook_has_address": lambda: twin(Webhook, target_url=""),
    "webhooks_webhook_paused_is_off": lambda: update(Webhook, paused_at=NOW),
    "webhooks_sendout_once": lambda: twin(SendOut),
    "webhooks_sendout_has_address": lambda: twin(SendOut, cause="another", target_url=""),
    "webhooks_sendout_open_has_time": lambda: update(SendOut, status=SendOutStatus.DELIVERED),
    "webhooks_attempt_numbered": lambda: twin(Attempt),
    "webhooks_attempt_counts_from_one": lambda: twin(Attempt, number=0),
    "outbox_message_once": lambda: twin(OutboxMessage),
    "outbox_message_has_topic": lambda: twin(OutboxMessage, dedupe_key="b", topic=""),
    "outbox_message_ends_once": lambda: twin(OutboxMessage, dedupe_key="b", done_at=NOW, dead_at=NOW),
    "customers_customer_source_id": lambda: twin(Customer),
    "customers_customer_legacy_id": lambda: [twin(Customer, source_id=None, legacy_id="cust_x") for _ in range(2)],
    "customers_customer_source_id_filled": lambda: twin(Customer, source_id=""),
    "eventschema_definition_name": lambda: twin(EventDefinition),
    "eventschema_definition_has_name": lambda: twin(EventDefinition, name=""),
    "eventschema_definition_live_is_published": lambda: twin(EventDefinition, name="b", version=0),
    "eventschema_definition_day_of_deprecation": lambda: twin(EventDefinition, name="b", deprecated_on=NOW.date()),
    "eventschema_metadataschema_name": lambda: twin(MetadataSchema),
    "eventschema_metadataschema_has_name": lambda: twin(MetadataSchema, related_object=""),
    "eventschema_property_name": lambda: twin(PropertyDefinition),
    "eventschema_property_has_name": lambda: twin(PropertyDefinition, name=""),
    "eventschema_nestedproperty_name": lambda: twin(NestedProperty),
    "eventschema_nestedproperty_has_name": lambda: twin(NestedProperty, name=""),
    "eventschema_version_once": lambda: twin(SchemaVersion),
    "eventschema_version_from_one": lambda: twin(SchemaVersion, version=0),
    "events_effect_once": lambda: twin(StoredEffect),
    "events_idempotencykey_once": lambda: twin(IdempotencyKey, event_id=uuid7()),
    "events_rejected_is_refused_or_failed": lambda: twin(RejectedEvent, reaction="loyalty.reactions.EarnPoints"),
    "events_void_shortfall": lambda: twin(EventVoid, event_id=uuid7(), shortfall=-1),
    "campaigns_campaign_name": lambda: twin(Campaign),
    "campaigns_campaign_has_name": lambda: twin(Campaign, name=""),
    "campaigns_campaign_window": lambda: twin(Campaign, name="b", start_date=NOW, expiration_date=NOW),
    "campaigns_voucher_code": lambda: twin(Voucher),
    "campaigns_voucher_has_code": lambda: twin(Voucher, code="", code_key="b"),
    "campaigns_voucher_may_stand_alone": lambda: twin(
        Voucher, code="b", code_key="b", campaign_id=None, type="LOYALTY_CARD"
    ),
    "campaigns_publication_source_id": lambda: [twin(Publication, source_id="p-1") for _ in range(2)],
    "campaigns_holder_once": lambda: twin(Holder),
    "referrals_program_conversion": lambda: update(ReferralProgram, definition=None),
    "referrals_program_referee_reward": lambda: update(ReferralProgram, referee_reward_amount=None),
    "referrals_tier_pays": lambda: twin(ReferralTier, amount=0),
    "referrals_conversion_once_per_referee": lambda: twin(Conversion),
    "referrals_conversion_not_of_oneself": lambda: twin(
        Conversion, status="voided", referee_id=Conversion.objects.get().referrer_id
    ),
    "loyalty_card_once_per_customer": lambda: twin(LoyaltyCard, voucher_id=Voucher.objects.get(code="NRY-01").pk),
    "loyalty_card_never_below_zero": lambda: update(LoyaltyCard, balance=-1),
    "loyalty_rule_window": lambda: twin(EarningRule, start_date=NOW, expiration_date=NOW),
    "loyalty_rule_pays": lambda: twin(EarningRule, points=0),
    "loyalty_rule_trigger": lambda: twin(EarningRule, segment_id=uuid7()),
    "loyalty_rule_formula": lambda: twin(EarningRule, formula="PROPORTIONAL", property_name="amount"),
    "loyalty_entry_once_per_source": lambda: twin(LedgerEntry),
    "loyalty_entry_reversed_once": lambda: [
        twin(LedgerEntry, source=source, points=-5, kind=EntryKind.REVERSAL, reverses_id=first_lot().pk)
        for source in "ab"
    ],
    "loyalty_entry_moves_points": lambda: twin(LedgerEntry, source="b", points=0),
    "loyalty_card_closed_is_empty": lambda: update(LoyaltyCard, closed_at=NOW),
    "loyalty_entry_sign_fits_kind": lambda: twin(LedgerEntry, source="b", points=5, kind=EntryKind.REMOVAL),
    "loyalty_entry_reversal_names_its_entry": lambda: twin(
        LedgerEntry, source="b", points=-5, kind=EntryKind.REVERSAL
    ),
    "loyalty_entry_balance_not_negative": lambda: twin(LedgerEntry, source="b", balance_after=-1),
    "gifts_card_never_below_zero": lambda: update(GiftCard, subtracted=2_000, balance=-500),
    "gifts_card_adds_up": lambda: update(GiftCard, balance=1),
    "gifts_entry_once_per_source": lambda: twin(GiftEntry),
    "gifts_entry_opens_once": lambda: twin(GiftEntry, source_id=None, kind="opening"),
    "gifts_entry_sign_fits_kind": lambda: twin(GiftEntry, source_id="b", kind="removal"),
    "gifts_entry_balance_not_negative": lambda: twin(GiftEntry, source_id="b", balance_after=-1),
    "exports_export_has_kind": lambda: twin(Export, kind=""),
    "exports_part_once": lambda: twin(ExportPart),
    "segments_segment_name": lambda: twin(Segment),
    "segments_segment_has_name": lambda: twin(Segment, name=""),
    "segments_segment_static_has_no_filter": lambda: twin(Segment, name="b", type="static"),
    "rules_rule_has_name": lambda: twin(ValidationRule, name=""),
    "rules_assignment_once_per_object": lambda: twin(Assignment),
    "rules_assignment_known_type": lambda: twin(Assignment, related_object_id=uuid7(), related_object_type="voucher"),
    "segments_membership_once": lambda: twin(SegmentMembership),
    "segments_membership_says_something": lambda: update(SegmentMembership, entered_at=None),
    "segments_change_has_cause": lambda: twin(MembershipChange, cause_kind=""),
    "distributions_distribution_name": lambda: twin(Distribution),
    "distributions_distribution_has_name": lambda: twin(Distribution, name=""),
    "distributions_distribution_has_event": lambda: twin(Distribution, name="b", definition_id=None),
    "distributions_distribution_has_segment": lambda: twin(Distribution, name="b", segment_id=uuid7()),
    "distributions_distribution_has_campaign": lambda: twin(Distribution, name="b", action="PUBLISH_CODE"),
    "distributions_distribution_limit": lambda: twin(Distribution, name="b", limit_count=1),
    "distributions_delivery_once": lambda: twin(Delivery),
    "distributions_delivery_has_source": lambda: twin(Delivery, source=""),
    "distributions_delivery_has_time": lambda: update(Delivery, status="delivered"),
    "distributions_emailoptout_once": lambda: twin(EmailOptOut),
    "loyalty_allocation_once": lambda: twin(Allocation),
    "loyalty_allocation_positive": lambda: twin(Allocation, lot_id=first_lot().pk, points=0),
}


def words_of(name):
    """What the database says when the constraint is broken."""
    model, constraint = CONSTRAINTS[name]
    if connection.vendor == "postgresql" or isinstance(constraint, CheckConstraint):
        return name
    table = model._meta.db_table
    return ", ".join(f"{table}.{model._meta.get_field(field).column}" for field in constraint.fields)


def test_every_constraint_is_met_here():
    assert BREACHES.keys() == CONSTRAINTS.keys()


@pytest.mark.parametrize("name", BREACHES)
def test_the_database_refuses(world, name):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        BREACHES[name]()

    assert words_of(name) in str(refused.value)


@pytest.mark.parametrize(
    "breach",
    [
        lambda: twin(EarningRule, every=1),
        lambda: twin(EarningRule, definition_id=None),
        lambda: twin(
            EarningRule,
            definition_id=None,
            segment_id=uuid7(),
            formula="PROPORTIONAL",
            every=1,
            property_name="amount",
        ),
        lambda: twin(EarningRule, property_name="amount"),
        lambda: twin(EarningRule, formula="PROPORTIONAL", every=1),
        lambda: twin(EarningRule, formula="PROPORTIONAL", every=0, property_name="amount"),
        lambda: update(ReferralProgram, conversion_event_type="redemption"),
        lambda: update(ReferralProgram, referee_reward_type=""),
        lambda: update(ReferralProgram, referee_reward_campaign=None),
        lambda: update(ReferralProgram, referee_reward_amount=0),
        lambda: twin(Conversion, status="held"),
        lambda: twin(LedgerEntry, source="b", points=-5, kind=EntryKind.EARN),
        lambda: twin(LedgerEntry, source="b", reverses_id=first_lot().pk),
        lambda: twin(RejectedEvent, event_id=uuid7()),
        lambda: twin(Segment, name="b", filter=None),
    ],
)
def test_the_database_refuses_every_half_of_it(world, breach):
    with pytest.raises(IntegrityError), transaction.atomic():
        breach()


@pytest.mark.parametrize(
    "allowed",
    [
        lambda: twin(Customer, source_id=None),
        lambda: twin(EventDefinition, deleted_at=NOW),
        lambda: twin(PropertyDefinition, deleted=True),
        lambda: twin(Segment, deleted_at=NOW),
        lambda: update(SegmentMembership, entered_at=None, due_at=NOW),
        lambda: twin(NestedProperty, deleted=True),
        lambda: twin(Publication, source_id=None),
        lambda: twin(Conversion, status="voided"),
        lambda: [update(LoyaltyCard, balance=0, lifetime=0), update(LoyaltyCard, closed_at=NOW)],
        lambda: twin(Conversion, status="rejected"),
        lambda: twin(RejectedEvent, reaction="loyalty.reactions.EarnPoints", event_id=uuid7()),
        lambda: twin(LedgerEntry, source="b", points=-5, kind=EntryKind.REVERSAL, reverses_id=first_lot().pk),
    ],
)
def test_the_database_allows_what_a_condition_leaves_out(world, allowed):
    allowed()
