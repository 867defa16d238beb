"""What the contract's tables say of answers: the fields of every object with their types, and which operation answers
which object. A type is one of JSON's; `?` behind it allows null; a field that is there only sometimes is left out.
"""

from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}

OBJECTS = {
    "customer": """
        id string, source_id string?, name string?, description string?, email string?, phone string?,
        birthdate string?, birthday string?, address object?, summary object, summary.redemptions object,
        summary.redemptions.total_redeemed integer, summary.redemptions.total_failed integer,
        summary.redemptions.total_succeeded integer, summary.redemptions.total_rolled_back integer,
        summary.redemptions.total_rollback_failed integer, summary.redemptions.total_rollback_succeeded
        integer, summary.redemptions.gift.redeemed_amount integer, summary.redemptions.gift.amount_to_go
        integer, summary.redemptions.loyalty_card.redeemed_points integer,
        summary.redemptions.loyalty_card.points_to_go integer, summary.orders.total_amount integer,
        summary.orders.total_count integer, summary.orders.average_amount integer,
        summary.orders.last_order_amount integer, loyalty.points integer, loyalty.referred_customers integer,
        loyalty.campaigns object, referrals.total integer, referrals.campaigns array, metadata object,
        system_metadata object, created_at string, object string""",
    "simple customer": "id string, source_id string?, name string?, email string?, metadata object, object string",
    "event": "object string, type string, customer object, referral object?, loyalty object?",
    "deletion": """
        id string, created_at string, related_object_id string, related_object string, status string,
        data_json.events integer, data_json.customer_events integer, data_json.daily_events integer,
        data_json.segments integer, data_json.orders integer, data_json.order_events integer,
        data_json.customer integer, object string""",
    "activity": "id string, type string, data object, created_at string, group_id string?",
    "holder": """
        id string, created_at string, redeemable_id string, redeemable_object string, campaign_id string?,
        campaign_type string?, voucher_type string, publication_id string?, customer_id string, holder_role
        string, metadata object, updated_at string?, object string""",
    "voucher": """
        id string, code string, campaign string?, campaign_id string?, category string?, category_id string?,
        categories array, type string, discount object?, gift object?, loyalty_card object?, start_date
        string?, expiration_date string?, validity_timeframe object?, validity_day_of_week array?,
        validity_hours object?, active boolean, additional_info string?, metadata object, assets object?,
        is_referral_code boolean, created_at string, updated_at string?, holder_id string?,
        validation_rules_assignments.object string, validation_rules_assignments.data_ref string,
        validation_rules_assignments.data array, validation_rules_assignments.total integer,
        redemption.quantity integer?, redemption.redeemed_quantity integer, redemption.object string,
        redemption.url string, publish.object string, publish.count integer, publish.url string, object string""",
    "card": """
        loyalty_card.points integer, loyalty_card.balance integer, loyalty_card.next_expiration_date string?,
        loyalty_card.next_expiration_points integer?, loyalty_card.pending_points integer?,
        loyalty_card.expired_points integer?, loyalty_card.subtracted_points integer?,
        redemption.redeemed_points integer""",
    "campaign": """
        id string, name string, description string?, campaign_type string, type string, auto_join boolean,
        join_once boolean, use_voucher_metadata_schema boolean, vouchers_count integer, start_date string?,
        expiration_date string?, validity_timeframe object?, validity_day_of_week array?, validity_hours
        object?, activity_duration_after_publishing string?, active boolean, category string?, category_id
        string?, categories array, metadata object, vouchers_generation_status string, creation_status string,
        protected boolean, validation_rules_assignments.data array, validation_rules_assignments.total
        integer, created_at string, updated_at string?, object string""",
    "campaign's voucher": """
        voucher.type string, voucher.code_config object, voucher.redemption.quantity integer?,
        voucher.is_referral_code boolean""",
    "referral part": """
        referral_program.conversion_event_type string, referral_program.custom_event.id string,
        referral_program.custom_event.name string, referral_program.referee_reward.type string,
        referral_program.referee_reward.amount string,
        referral_program.referee_reward.related_object_parent.id string,
        referral_program.referee_reward.related_object_parent.name string,
        referral_program.referee_reward.related_object_parent.object string, voucher.discount object""",
    "publication": """
        id string, object string, created_at string, customer_id string, tracking_id string?, metadata object,
        channel string, source_id string?, result string, customer object, vouchers_id array""",
    "balance": """
        total integer, balance integer, type string, object string, related_object.type string,
        related_object.id string, operation_type string""",
    "transaction": """
        id string, source_id string?, voucher_id string, campaign_id string?, source string?, reason string?,
        type string, details object, details.balance object, related_transaction_id string?, created_at string""",
    "earning rule": """
        id string, created_at string, updated_at string?, event string, custom_event object?, segment object?, loyalty
        object, loyalty.type string, source.banner string?, source.object_id string, source.object_type
        string, active boolean, start_date string?, expiration_date string?, metadata object,
        validation_rule_id string?, automation_id string?, object string""",
    "async action": """
        id string, type string, status string, operation_status string, created_at string, updated_at string,
        request_id string?, progress integer, processing_time integer?, object string""",
    "result": "result.message string?, result.done_count integer, result.failed_count integer, result.failed array",
    "started": "async_action_id string",
    "definition": "id string, name string, schema.properties object, created_at string, object string",
    "metadata schema": """
        id string, related_object string, properties object, allow_defined_only boolean?, created_at string,
        updated_at string?, object string""",
    "project": """
        id string, name string, timezone string, case_sensitive_codes boolean, client_redeem_enabled boolean,
        client_publish_enabled boolean, client_list_vouchers_enabled boolean, client_create_customer_enabled
        boolean, client_loyalty_events_enabled boolean, client_set_voucher_expiration_date_enabled boolean""",
    "webhook": "id string, target_url string, events array, active boolean, created_at string, object string",
    "validation rule": """
        id string, name string, rules object, bundle_rules object, applicable_to.excluded array,
        applicable_to.included array, applicable_to.included_all boolean, type string, context_type string,
        created_at string, updated_at string?, assignments_count integer, object string""",
    "validation rules assignment": """
        id string, rule_id string, related_object_id string, related_object_type string, created_at string,
        object string""",
    "segment": """
        id string, name string, created_at string, updated_at string?, type string, filter object?,
        initial_sync_status string, object string""",
    "simple segment": "id string, name string, object string",
    "page": "object string, data_ref string, total integer",
    "slice": "object string, data_ref string, has_more boolean, more_starting_after string?",
    "token": "access_token string, token_type string, expires_in integer, expires_at integer",
}
MEMBER = "voucher, card"
CAMPAIGN = "campaign, campaign's voucher"
# By operation: the objects whose fields the answer has at its top; behind `of`, those of each item of its list.
OPERATIONS = {
    "POST /v1/events": "event",
    "POST /client/v1/events": "event",
    "GET /v1/customers": "page of customer",
    "POST /v1/customers": "customer",
    "GET /v1/customers/{customer_id}": "customer",
    "PUT /v1/customers/{customer_id}": "customer",
    "POST /v1/customers/{customer_id}/permanent-deletion": "deletion",
    "GET /v1/customers/{customer_id}/activity": "slice of activity",
    "GET /v1/customers/{customer_id}/redeemables": "slice of holder",
    "POST /v1/customers/importCSV": "started",
    "POST /v1/customers/bulk/async": "started",
    "POST /v1/customers/metadata/async": "started",
    "GET /v1/customers/{customer_id}/segments": "page of simple segment",
    "GET /v1/validation-rules": "page of validation rule",
    "POST /v1/validation-rules": "validation rule",
    "GET /v1/validation-rules/{validation_rule_id}": "validation rule",
    "PUT /v1/validation-rules/{validation_rule_id}": "validation rule",
    "GET /v1/validation-rules/{validation_rule_id}/assignments": "page of validation rules assignment",
    "POST /v1/validation-rules/{validation_rule_id}/assignments": "validation rules assignment",
    "GET /v1/validation-rules-assignments": "page of validation rules assignment",
    "GET /v1/segments": "page of segment",
    "POST /v1/segments": "segment",
    "GET /v1/segments/{segment_id}": "segment",
    "GET /v1/campaigns": f"page of {CAMPAIGN}",
    "POST /v1/campaigns": f"{CAMPAIGN}, referral part",
    "GET /v1/campaigns/{campaign_id}": f"{CAMPAIGN}, referral part",
    "PUT /v1/campaigns/{campaign_id}": f"{CAMPAIGN}, referral part",
    "DELETE /v1/campaigns/{campaign_id}": "started",
    "POST /v1/campaigns/{campaign_id}/vouchers": "voucher",
    "POST /v1/campaigns/{campaign_id}/vouchers/{code}": "voucher",
    "GET /v1/campaigns/{campaign_id}/transactions": "slice of transaction",
    "GET /v1/vouchers": "page of voucher",
    "POST /v1/vouchers": "voucher",
    "GET /v1/vouchers/{code}": "voucher",
    "PUT /v1/vouchers/{code}": "voucher",
    "POST /v1/vouchers/{code}": "voucher",
    "POST /v1/vouchers/{code}/enable": "voucher",
    "POST /v1/vouchers/{code}/disable": "voucher",
    "POST /v1/vouchers/{code}/balance": "balance",
    "GET /v1/vouchers/{code}/transactions": "slice of transaction",
    "GET /v1/publications": "page of publication",
    "POST /v1/publications": "publication",
    "GET /v1/publications/create": "publication",
    "GET /v1/loyalties": f"page of {CAMPAIGN}",
    "POST /v1/loyalties": CAMPAIGN,
    "GET /v1/loyalties/{campaign_id}": CAMPAIGN,
    "PUT /v1/loyalties/{campaign_id}": CAMPAIGN,
    "DELETE /v1/loyalties/{campaign_id}": "started",
    "GET /v1/loyalties/{campaign_id}/members": f"page of {MEMBER}",
    "POST /v1/loyalties/{campaign_id}/members": MEMBER,
    "GET /v1/loyalties/{campaign_id}/members/{member_id}": MEMBER,
    "GET /v1/loyalties/members/{member_id}": MEMBER,
    "GET /v1/loyalties/{campaign_id}/members/{member_id}/activity": "slice of activity",
    "GET /v1/loyalties/members/{member_id}/activity": "slice of activity",
    "POST /v1/loyalties/{campaign_id}/members/{member_id}/balance": "balance",
    "POST /v1/loyalties/members/{member_id}/balance": "balance",
    "GET /v1/loyalties/{campaign_id}/transactions": "slice of transaction",
    "GET /v1/loyalties/{campaign_id}/members/{member_id}/transactions": "slice of transaction",
    "GET /v1/loyalties/members/{member_id}/transactions": "slice of transaction",
    "GET /v1/loyalties/{campaign_id}/earning-rules": "page of earning rule",
    "GET /v1/loyalties/{campaign_id}/earning-rules/{rule_id}": "earning rule",
    "PUT /v1/loyalties/{campaign_id}/earning-rules/{rule_id}": "earning rule",
    "POST /v1/loyalties/{campaign_id}/earning-rules/{rule_id}/enable": "earning rule",
    "POST /v1/loyalties/{campaign_id}/earning-rules/{rule_id}/disable": "earning rule",
    "GET /v1/async-actions/{action_id}": "async action, result",
    "GET /v1/referrals/{campaign_id}/members/{member_id}/holders": "slice of holder",
    "GET /v1/referrals/members/{member_id}/holders": "slice of holder",
    "GET /management/v1/projects": "page of project",
    "GET /management/v1/projects/{project_id}": "project",
    "PUT /management/v1/projects/{project_id}": "project",
    "GET /management/v1/projects/{project_id}/custom-event-schemas": "page of definition",
    "POST /management/v1/projects/{project_id}/custom-event-schemas": "definition",
    "GET /management/v1/projects/{project_id}/custom-event-schemas/{schema_id}": "definition",
    "PUT /management/v1/projects/{project_id}/custom-event-schemas/{schema_id}": "definition",
    "GET /management/v1/projects/{project_id}/metadata-schemas": "page of metadata schema",
    "POST /management/v1/projects/{project_id}/metadata-schemas": "metadata schema",
    "GET /management/v1/projects/{project_id}/metadata-schemas/{metadata_schema_id}": "metadata schema",
    "PUT /management/v1/projects/{project_id}/metadata-schemas/{metadata_schema_id}": "metadata schema",
    "GET /v1/metadata-schemas": "page of metadata schema",
    "GET /v1/metadata-schemas/{resource}": "metadata schema",
    "GET /management/v1/projects/{project_id}/webhooks": "page of webhook",
    "POST /management/v1/projects/{project_id}/webhooks": "webhook",
    "GET /management/v1/projects/{project_id}/webhooks/{webhook_id}": "webhook",
    "PUT /management/v1/projects/{project_id}/webhooks/{webhook_id}": "webhook",
}


def missing(operation: str, answer: Any) -> list[str]:
    """What the answer lacks of what the contract says of it: `name string` for each field."""
    at_top, _, of_items = OPERATIONS[operation].partition(" of ")
    found = [line for name in at_top.split(", ") for line in lacking(name, answer)]
    if of_items:
        items = answer[answer["data_ref"]] or [{}]
        found += [line for item in items for name in of_items.split(", ") for line in lacking(name, item)]
    return found


def lacking(name: str, thing: Any) -> list[str]:
    """What a thing lacks of the fields of an object, or of those that are written out."""
    fields = [" ".join(field.split()) for field in OBJECTS.get(name, name).split(",")]
    return [f"{name if name in OBJECTS else ''}: {field}" for field in fields if not _has(thing, *field.split(" "))]


def _has(thing: Any, path: str, kind: str) -> bool:
    for part in path.split("."):
        if not isinstance(thing, dict) or part not in thing:
            return False
        thing = thing[part]
    if thing is None:
        return kind.endswith("?")
    return type(thing) in TYPES[kind.removesuffix("?")]
