"""The routes of `/v1`. Names and source ids may hold slashes (sent as %2F), so the longer routes come first."""

from django.urls import path

from api.v1 import (
    activity,
    async_actions,
    campaigns,
    customers,
    earning_rules,
    event_batches,
    event_tickets,
    event_voids,
    events,
    loyalties,
    metadata_schemas,
    publications,
    referrals,
    rejected_events,
    segments,
)

CAMPAIGN = "loyalties/<path:campaign_id>"
RULES = f"{CAMPAIGN}/earning-rules"
MEMBER = "members/<path:member_id>"
REFERRALS = "referrals/<path:campaign_id>"

urlpatterns = [
    path("async-actions", async_actions.AsyncActions.as_view()),
    path("async-actions/<str:action_id>", async_actions.OneAsyncAction.as_view()),
    path("events", events.Events.as_view()),
    path("events/batch", event_batches.EventBatch.as_view()),
    path("event-tickets", event_tickets.EventTickets.as_view()),
    path("events/<path:event_id>/void", event_voids.EventVoiding.as_view()),
    path("events/<path:event_id>", events.OneEvent.as_view()),
    path("rejected-events", rejected_events.RejectedEvents.as_view()),
    path("rejected-events/replay", rejected_events.Replay.as_view()),
    path("rejected-events/<str:rejected_event_id>", rejected_events.OneRejectedEvent.as_view()),
    path("customers", customers.Customers.as_view()),
    path("customers/<path:customer_id>/activity", activity.CustomerActivity.as_view()),
    path("customers/<path:customer_id>/segments", segments.CustomerSegments.as_view()),
    path("customers/<path:customer_id>", customers.OneCustomer.as_view()),
    path("segments", segments.Segments.as_view()),
    path("segments/<str:segment_id>", segments.OneSegment.as_view()),
    path("campaigns", campaigns.Campaigns.as_view()),
    path("campaigns/<path:campaign_id>/vouchers/<path:code>", campaigns.OneCampaignVoucher.as_view()),
    path("campaigns/<path:campaign_id>/vouchers", campaigns.CampaignVouchers.as_view()),
    path("campaigns/<path:campaign_id>", campaigns.OneCampaign.as_view()),
    path("metadata-schemas", metadata_schemas.MetadataSchemas.as_view()),
    path("metadata-schemas/<path:resource>", metadata_schemas.OneMetadataSchema.as_view()),
    path("vouchers/<path:code>", publications.OneVoucher.as_view()),
    path("publications", publications.Publications.as_view()),
    path(f"referrals/{MEMBER}/holders/<str:holder_id>", referrals.OneHolder.as_view()),
    path(f"referrals/{MEMBER}/holders", referrals.Holders.as_view()),
    path(f"{REFERRALS}/{MEMBER}/holders/<str:holder_id>", referrals.OneHolder.as_view()),
    path(f"{REFERRALS}/{MEMBER}/holders", referrals.Holders.as_view()),
    path(f"{REFERRALS}/tiers/<str:tier_id>", referrals.OneTier.as_view()),
    path(f"{REFERRALS}/tiers", referrals.Tiers.as_view()),
    path(f"{REFERRALS}/conversions", referrals.Conversions.as_view()),
    path("loyalties", loyalties.Programmes.as_view()),
    path(f"loyalties/{MEMBER}/balance", loyalties.Balance.as_view()),
    path(f"loyalties/{MEMBER}/transactions", loyalties.MemberTransactions.as_view()),
    path(f"loyalties/{MEMBER}", loyalties.OneMember.as_view()),
    path(f"{RULES}/<str:rule_id>/enable", earning_rules.RuleSwitch.as_view(active=True)),
    path(f"{RULES}/<str:rule_id>/disable", earning_rules.RuleSwitch.as_view(active=False)),
    path(f"{RULES}/<str:rule_id>", earning_rules.OneEarningRule.as_view()),
    path(RULES, earning_rules.EarningRules.as_view()),
    path(f"{CAMPAIGN}/{MEMBER}/balance", loyalties.Balance.as_view()),
    path(f"{CAMPAIGN}/{MEMBER}/transactions", loyalties.MemberTransactions.as_view()),
    path(f"{CAMPAIGN}/{MEMBER}", loyalties.OneMember.as_view()),
    path(f"{CAMPAIGN}/members", loyalties.Members.as_view()),
    path(f"{CAMPAIGN}/transactions", loyalties.ProgrammeTransactions.as_view()),
    path(CAMPAIGN, loyalties.OneProgramme.as_view()),
]
