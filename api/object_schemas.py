"""JSON Schemas of the objects that the API answers, beside those of events (answer_schemas.py).

Every field is always there; one that may be null says so. Tests hold each answer to them.
"""

from typing import Any

from common.jsons import JsonObject

TEXT: JsonObject = {"type": "string"}
MAYBE_TEXT: JsonObject = {"type": ["string", "null"]}
INTEGER: JsonObject = {"type": "integer"}
MAYBE_INTEGER: JsonObject = {"type": ["integer", "null"]}
COUNT: JsonObject = {"type": "integer", "minimum": 0}
FLAG: JsonObject = {"type": "boolean"}
TIME: JsonObject = {"type": "string", "format": "date-time"}
MAYBE_TIME: JsonObject = {"type": ["string", "null"], "format": "date-time"}
MAYBE_DATE: JsonObject = {"type": ["string", "null"], "format": "date"}
DOCUMENT: JsonObject = {"type": "object"}
MAYBE_DOCUMENT: JsonObject = {"type": ["object", "null"]}
METADATA: JsonObject = {"type": "object", "description": "By property; as its metadata schema says."}


def public_id(prefix: str) -> JsonObject:
    return {"type": "string", "pattern": f"^{prefix}_"}


def maybe_id(prefix: str) -> JsonObject:
    return {"type": ["string", "null"], "pattern": f"^{prefix}_"}


def fields(**properties: JsonObject) -> JsonObject:
    """An object in which each of these is always there."""
    return {"type": "object", "required": list(properties), "properties": properties}


def maybe(schema: JsonObject) -> JsonObject:
    return {**schema, "type": [schema["type"], "null"]}


def named(kind: str, /, **properties: JsonObject) -> JsonObject:
    """An object of the API, which says in `object` what it is."""
    return fields(**properties, object={"const": kind})


def sometimes(schema: JsonObject, /, **properties: JsonObject) -> JsonObject:
    """The schema with properties that are not always there."""
    return {**schema, "properties": {**schema["properties"], **properties}}


def array_of(item: JsonObject, **more: Any) -> JsonObject:
    return {"type": "array", "items": item, **more}


def listed(data_ref: str, item: JsonObject, /, **more: JsonObject) -> JsonObject:
    """A list; `data_ref` names the array."""
    return fields(object={"const": "list"}, data_ref={"const": data_ref}, **{data_ref: array_of(item)}, **more)


def page_of(data_ref: str, item: JsonObject) -> JsonObject:
    return listed(data_ref, item, total=COUNT, has_more=FLAG)


def cursor_of(item: JsonObject) -> JsonObject:
    return listed("data", item, has_more=FLAG, more_starting_after=MAYBE_TEXT)


ASSIGNMENT = named(
    "validation_rules_assignment",
    id=public_id("asgm"),
    rule_id=public_id("val"),
    related_object_id=TEXT,
    related_object_type={"enum": ["campaign", "earning_rule", "distribution"]},
    created_at=TIME,
)
ASSIGNMENTS = listed("data", ASSIGNMENT, total=COUNT)
VALIDATION_RULE = named(
    "validation_rules",
    id=public_id("val"),
    name=TEXT,
    rules=DOCUMENT,
    bundle_rules=DOCUMENT,
    error=maybe(fields(message=TEXT)),
    applicable_to=fields(excluded=array_of(DOCUMENT), included=array_of(DOCUMENT), included_all=FLAG),
    type=TEXT,
    context_type=TEXT,
    created_at=TIME,
    updated_at=MAYBE_TIME,
    assignments_count=COUNT,
)
STARTED = fields(async_action_id=public_id("aa"))
NOTHING = fields()

_REDEMPTIONS = fields(
    total_redeemed=INTEGER,
    total_failed=INTEGER,
    total_succeeded=INTEGER,
    total_rolled_back=INTEGER,
    total_rollback_failed=INTEGER,
    total_rollback_succeeded=INTEGER,
    gift=fields(redeemed_amount=INTEGER, amount_to_go=INTEGER),
    loyalty_card=fields(redeemed_points=INTEGER, points_to_go=INTEGER),
)
_ORDERS = fields(total_amount=INTEGER, total_count=INTEGER, average_amount=INTEGER, last_order_amount=INTEGER)
_CONVERTED = fields(
    campaign_id=public_id("camp"),
    referrer_id=public_id("cust"),
    related_object_id=MAYBE_TEXT,
    related_object_type=TEXT,
    date=TIME,
)
CUSTOMER = sometimes(
    named(
        "customer",
        id=public_id("cust"),
        source_id=MAYBE_TEXT,
        name=MAYBE_TEXT,
        description=MAYBE_TEXT,
        email=MAYBE_TEXT,
        phone=MAYBE_TEXT,
        birthday=MAYBE_DATE,
        birthdate=MAYBE_DATE,
        address=MAYBE_DOCUMENT,
        summary=fields(redemptions=_REDEMPTIONS, orders=_ORDERS),
        loyalty=fields(points=INTEGER, referred_customers=COUNT, campaigns=DOCUMENT),
        referrals=fields(total=COUNT, campaigns=array_of(_CONVERTED)),
        metadata=METADATA,
        system_metadata=DOCUMENT,
        created_at=TIME,
    ),
    updated_at=TIME,
    assets=DOCUMENT,
    # Of one who had an id elsewhere.
    legacy_id=TEXT,
)
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
ACTIVITY = fields(
    id=TEXT,
    type=TEXT,
    data=fields(data=DOCUMENT, event_source=MAYBE_DOCUMENT),
    created_at=TIME,
    group_id=MAYBE_TEXT,
)

_LOYALTY_CARD = fields(
    points=INTEGER,
    balance=INTEGER,
    next_expiration_date=MAYBE_DATE,
    next_expiration_points=MAYBE_INTEGER,
    pending_points=INTEGER,
    expired_points=INTEGER,
    subtracted_points=INTEGER,
)
VOUCHER = sometimes(
    named(
        "voucher",
        id=public_id("v"),
        code=TEXT,
        campaign=MAYBE_TEXT,
        campaign_id=maybe_id("camp"),
        category=MAYBE_TEXT,
        category_id=MAYBE_TEXT,
        categories=array_of(DOCUMENT),
        type={"enum": ["DISCOUNT_VOUCHER", "GIFT_VOUCHER", "LOYALTY_CARD"]},
        discount=MAYBE_DOCUMENT,
        gift=maybe(fields(amount=INTEGER, balance=INTEGER, effect=MAYBE_TEXT)),
        loyalty_card=maybe(_LOYALTY_CARD),
        start_date=MAYBE_TIME,
        expiration_date=MAYBE_TIME,
        validity_timeframe=MAYBE_DOCUMENT,
        validity_day_of_week={"type": ["array", "null"], "items": INTEGER},
        validity_hours=MAYBE_DOCUMENT,
        active=FLAG,
        additional_info=MAYBE_TEXT,
        metadata=METADATA,
        assets=MAYBE_DOCUMENT,
        is_referral_code=FLAG,
        created_at=TIME,
        updated_at=MAYBE_TIME,
        holder_id=maybe_id("cust"),
        validation_rules_assignments=ASSIGNMENTS,
        redemption=fields(
            quantity=MAYBE_INTEGER,
            redeemed_quantity=INTEGER,
            redeemed_points=MAYBE_INTEGER,
            object={"const": "list"},
            url=TEXT,
        ),
        publish=fields(object={"const": "list"}, count=COUNT, url=TEXT),
    ),
    referrer_id=maybe_id("cust"),
)
HOLDER = named(
    "redeemable_holder",
    id=public_id("rh"),
    created_at=TIME,
    redeemable_id=public_id("v"),
    redeemable_object={"const": "voucher"},
    campaign_id=maybe_id("camp"),
    campaign_type=MAYBE_TEXT,
    voucher_type=TEXT,
    publication_id=maybe_id("pub"),
    customer_id=public_id("cust"),
    holder_role={"enum": ["OWNER", "REFERRER", "REFEREE"]},
    metadata=METADATA,
    updated_at=MAYBE_TIME,
)
REDEEMABLE = sometimes(HOLDER, redeemable=fields(type=TEXT, voucher=VOUCHER))

_PARENT = fields(id=public_id("camp"), name=TEXT, object={"const": "CAMPAIGN"})
TIER = named(
    "referral_tier",
    id=TEXT,
    criterion=TEXT,
    banner=MAYBE_TEXT,
    reward=fields(type=TEXT, related_object_parent=_PARENT, amount=INTEGER),
    active=FLAG,
    created_at=TIME,
)
_REFERRAL_PROGRAM = sometimes(
    fields(conversion_event_type={"enum": ["redemption", "custom_event"]}, tiers=array_of(TIER)),
    custom_event=fields(id=public_id("ms"), name=TEXT),
    # A string, as the official Python SDK's model has it.
    referee_reward=fields(related_object_parent=_PARENT, type=TEXT, amount=TEXT),
)
CAMPAIGN = sometimes(
    named(
        "campaign",
        id=public_id("camp"),
        name=TEXT,
        description=MAYBE_TEXT,
        campaign_type=TEXT,
        type={"enum": ["AUTO_UPDATE", "STATIC", "STANDALONE"]},
        auto_join=FLAG,
        join_once=FLAG,
        use_voucher_metadata_schema=FLAG,
        validity_timeframe=MAYBE_DOCUMENT,
        validity_day_of_week={"type": ["array", "null"], "items": INTEGER},
        validity_hours=MAYBE_DOCUMENT,
        activity_duration_after_publishing=MAYBE_TEXT,
        vouchers_count=COUNT,
        start_date=MAYBE_TIME,
        expiration_date=MAYBE_TIME,
        active=FLAG,
        metadata=METADATA,
        created_at=TIME,
        updated_at=MAYBE_TIME,
        category=MAYBE_TEXT,
        creation_status={"enum": ["DONE", "IN_PROGRESS", "FAILED", "DRAFT", "MODIFYING"]},
        vouchers_generation_status={"enum": ["DONE", "IN_PROGRESS", "FAILED", "DRAFT", "MODIFYING"]},
        protected=FLAG,
        category_id=MAYBE_TEXT,
        categories=array_of(DOCUMENT),
        validation_rules_assignments=ASSIGNMENTS,
    ),
    voucher=sometimes(
        fields(
            type=TEXT,
            redemption=fields(quantity=MAYBE_INTEGER),
            code_config=DOCUMENT,
            is_referral_code=FLAG,
        ),
        discount=DOCUMENT,
        gift=DOCUMENT,
        loyalty_card=DOCUMENT,
    ),
    promotion=listed("tiers", DOCUMENT, total=COUNT, has_more=FLAG),
    readonly=FLAG,
    referral_program=_REFERRAL_PROGRAM,
)
PUBLICATION = sometimes(
    named(
        "publication",
        id=public_id("pub"),
        created_at=TIME,
        customer_id=public_id("cust"),
        tracking_id=MAYBE_TEXT,
        metadata=METADATA,
        channel=TEXT,
        source_id=MAYBE_TEXT,
        result={"enum": ["SUCCESS", "FAILURE"]},
        customer=CUSTOMER,
        vouchers_id=array_of(public_id("v")),
    ),
    voucher=VOUCHER,
    # Of several at once, their codes.
    vouchers=array_of(TEXT),
)
EXPORT = named(
    "export",
    id=public_id("exp"),
    created_at=TIME,
    status={"enum": ["SCHEDULED", "IN_PROGRESS", "DONE", "ERROR"]},
    channel=TEXT,
    exported_object=TEXT,
    parameters=fields(order=TEXT, fields=array_of(TEXT), filters=DOCUMENT),
    result=maybe(fields(url=TEXT)),
    user_id=MAYBE_TEXT,
)
BALANCE = sometimes(
    named(
        "balance",
        total=INTEGER,
        balance=INTEGER,
        type={"enum": ["loyalty_card", "gift_voucher"]},
        related_object=fields(type={"const": "voucher"}, id=public_id("v")),
    ),
    points=INTEGER,
    amount=INTEGER,
    operation_type={"enum": ["MANUAL", "AUTOMATIC"]},
)
TRANSACTION = fields(
    id=public_id("vtx"),
    source_id=MAYBE_TEXT,
    voucher_id=public_id("v"),
    campaign_id=maybe_id("camp"),
    source=MAYBE_TEXT,
    reason=MAYBE_TEXT,
    type=TEXT,
    details=sometimes(
        fields(balance=BALANCE),
        earning_rule=fields(id=public_id("ern"), source=fields(banner=MAYBE_TEXT)),
        custom_event=fields(id=public_id("event"), type=TEXT),
        event_schema=fields(id=public_id("ms"), name=TEXT),
    ),
    related_transaction_id=maybe_id("vtx"),
    created_at=TIME,
)
EARNING_RULE = named(
    "earning_rule",
    id=public_id("ern"),
    created_at=TIME,
    updated_at=MAYBE_TIME,
    event=TEXT,
    custom_event=maybe(fields(schema_id=public_id("ms"))),
    segment=maybe(fields(id=public_id("seg"))),
    loyalty=sometimes(
        fields(type={"enum": ["FIXED", "PROPORTIONAL"]}),
        points=INTEGER,
        calculation_type=TEXT,
        custom_event=DOCUMENT,
    ),
    source=fields(banner=MAYBE_TEXT, object_id=public_id("camp"), object_type={"const": "campaign"}),
    active=FLAG,
    start_date=MAYBE_TIME,
    expiration_date=MAYBE_TIME,
    metadata=METADATA,
    validity_timeframe=MAYBE_DOCUMENT,
    validity_day_of_week={"type": ["array", "null"], "items": INTEGER},
    validity_hours=MAYBE_DOCUMENT,
    validation_rule_id=MAYBE_TEXT,
    automation_id=MAYBE_TEXT,
    loyalty_tier=MAYBE_DOCUMENT,
    pending_points=MAYBE_DOCUMENT,
    expiration_rules=MAYBE_DOCUMENT,
)
CONVERSION = named(
    "referral_conversion",
    id=public_id("conv"),
    campaign_id=public_id("camp"),
    code=TEXT,
    referrer_id=public_id("cust"),
    referee_id=public_id("cust"),
    event_id=maybe_id("event"),
    status={"enum": ["counted", "held", "rejected", "voided"]},
    reason=MAYBE_TEXT,
    converted_at=TIME,
)
ASYNC_ACTION = named(
    "async_action",
    id=public_id("aa"),
    type=TEXT,
    status={"enum": ["ENQUEUED", "IN_PROGRESS", "DONE", "FAILED"]},
    operation_status={"enum": ["SUCCESS", "FAILED", "UNKNOWN"]},
    progress={"type": "integer", "minimum": 0, "maximum": 100},
    processing_time=MAYBE_INTEGER,
    request_id=MAYBE_TEXT,
    created_at=TIME,
    updated_at=TIME,
)
ONE_ASYNC_ACTION = {
    **ASYNC_ACTION,
    "properties": {
        **ASYNC_ACTION["properties"],
        "result": fields(message=MAYBE_TEXT, done_count=COUNT, failed_count=COUNT, failed=array_of(DOCUMENT)),
    },
}
DEFINITION = sometimes(
    named("custom-event-schema", id=public_id("ms"), name=TEXT, schema=fields(properties=DOCUMENT), created_at=TIME),
    updated_at=TIME,
)
METADATA_SCHEMA = named(
    "metadata_schema",
    id=public_id("ms"),
    related_object=TEXT,
    properties=DOCUMENT,
    allow_defined_only={"type": ["boolean", "null"]},
    created_at=TIME,
    updated_at=MAYBE_TIME,
)
WEBHOOK = named("webhook", id=public_id("wh"), target_url=TEXT, events=array_of(TEXT), active=FLAG, created_at=TIME)
PROJECT = named(
    "project",
    id=public_id("proj"),
    name=TEXT,
    description=MAYBE_TEXT,
    currency=MAYBE_TEXT,
    timezone=TEXT,
    time_zone=TEXT,
    case_sensitive_codes=FLAG,
    unknown_events={"enum": ["reject", "accept"]},
    max_event_age_days=COUNT,
    client_redeem_enabled=FLAG,
    client_publish_enabled=FLAG,
    client_list_vouchers_enabled=FLAG,
    client_create_customer_enabled=FLAG,
    client_loyalty_events_enabled=FLAG,
    client_set_voucher_expiration_date_enabled=FLAG,
    quiet_hours=maybe(fields(start=TEXT, end=TEXT)),
    fatigue=maybe(fields(count=INTEGER, period=TEXT)),
    client_trusted_domains=array_of(TEXT),
    webhook_token={**TEXT, "description": "Signs what is sent by webhooks: x-voucherify-signature."},
    webhook_secret={**TEXT, "description": "Signs it by Standard Webhooks, too."},
    webhook_version=TEXT,
    api_version=TEXT,
    is_sandbox=FLAG,
    created_at=TIME,
)
REJECTED_EVENT = named(
    "rejected_event",
    id=public_id("rej"),
    event=TEXT,
    key=TEXT,
    cause=TEXT,
    reaction=MAYBE_TEXT,
    payload=DOCUMENT,
    errors=array_of(DOCUMENT),
    attempts=COUNT,
    source_id=MAYBE_TEXT,
    event_id=maybe_id("event"),
    occurred_at=MAYBE_TIME,
    created_at=TIME,
    replayed_at=MAYBE_TIME,
)
# With group_by=cause.
CAUSES = listed("data", fields(cause=TEXT, count=COUNT, example_id=public_id("rej")), has_more=FLAG, dropped=COUNT)
ACCESS_TOKEN = fields(
    access_token=TEXT, token_type={"const": "Bearer"}, expires_in=COUNT, expires_at=COUNT, scope=TEXT
)
INTROSPECTED = sometimes(
    fields(active=FLAG), scope=TEXT, client_id=TEXT, token_type={"const": "Bearer"}, iat=COUNT, exp=COUNT
)
EVENT_TICKET = named("event_ticket", ticket=TEXT, expires_at=TIME)
