"""What can be wrong with a distribution."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from campaigns.models import Campaign, CampaignType
from common.durations import LONGEST_PERIOD, read_duration
from common.jsons import JsonObject, JsonValue
from common.refusals import FieldError
from distributions.channels.registry import channel_types
from distributions.models import OF_CAMPAIGNS, OF_SEGMENTS, Action, Trigger
from eventschema.models import EventDefinition

LONGEST_NAME = 255
MOST_CHANNELS = 10
MOST_DELIVERIES = 1_000
# In which campaigns what these triggers wait for happens.
PROGRAMMES: dict[str, str] = {
    Trigger.REFERRAL_CONVERTED: CampaignType.REFERRAL_PROGRAM,
    Trigger.POINTS_EARNED: CampaignType.LOYALTY_PROGRAM,
    Trigger.TIER_CHANGED: CampaignType.LOYALTY_PROGRAM,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """So many deliveries to a customer within an ISO 8601 duration."""

    count: int
    period: str


@dataclass(frozen=True, slots=True)
class DistributionFields:
    """What a distribution is to be. Rows belong to its project; `channels` are as they were sent."""

    name: str
    trigger: str
    action: str
    definition: EventDefinition | None = None
    segment_id: UUID | None = None
    trigger_campaign: Campaign | None = None
    campaign: Campaign | None = None
    channels: list[JsonValue] = field(default_factory=list)
    delay: str = ""
    limit: Limit | None = None
    validation_rule_id: str | None = None


def errors_of(fields: DistributionFields) -> list[FieldError]:
    """Every error; whether the segment lives is for the transaction to say."""
    return [
        *_name_errors(fields.name),
        *_trigger_errors(fields),
        *_action_errors(fields),
        *_channel_errors(fields),
        *_time_errors(fields),
    ]


def _name_errors(name: str) -> Iterator[FieldError]:
    if not name.strip() or len(name) > LONGEST_NAME:
        words = f"must NOT have fewer than 1 or more than {LONGEST_NAME} characters"
        yield FieldError("name", "length", f"Property .name {words}", name)


def _trigger_errors(fields: DistributionFields) -> Iterator[FieldError]:
    of_event = fields.trigger == Trigger.CUSTOM_EVENT
    parts = (
        ("custom_event", fields.definition, of_event, of_event),
        ("segment", fields.segment_id, fields.trigger in OF_SEGMENTS, fields.trigger in OF_SEGMENTS),
        ("campaign", fields.trigger_campaign, fields.trigger in OF_CAMPAIGNS, False),
    )
    for name, value, may_have, must_have in parts:
        yield from _part_errors(f"trigger.{name}", fields.trigger, value, may_have=may_have, must_have=must_have)
    wanted = PROGRAMMES.get(fields.trigger)
    if wanted and fields.trigger_campaign and fields.trigger_campaign.campaign_type != wanted:
        words = f"must be that of a {CampaignType(wanted).label.lower()}"
        yield _campaign_error("trigger.campaign.id", words, fields.trigger_campaign)


def _action_errors(fields: DistributionFields) -> Iterator[FieldError]:
    publishes = fields.action == Action.PUBLISH_CODE
    yield from _part_errors("action.campaign", fields.action, fields.campaign, may_have=publishes, must_have=publishes)
    if publishes and fields.campaign and fields.campaign.campaign_type == CampaignType.PROMOTION:
        yield _campaign_error("action.campaign.id", "must be that of a campaign with codes", fields.campaign)
    if not publishes and not fields.channels:
        yield FieldError("channels", "required", "Property .channels must have at least one channel for a MESSAGE")


def _campaign_error(path: str, words: str, campaign: Campaign) -> FieldError:
    return FieldError(path, "invalid", f"Property .{path} {words}", campaign.public_id)


def _part_errors(path: str, of: str, value: object, *, may_have: bool, must_have: bool) -> Iterator[FieldError]:
    if value is None and must_have:
        yield FieldError(path, "required", f"Property .{path} is required by {of}")
    elif value is not None and not may_have:
        yield FieldError(path, "unexpected", f"Property .{path} does not belong to {of}")


def _channel_errors(fields: DistributionFields) -> Iterator[FieldError]:
    if len(fields.channels) > MOST_CHANNELS:
        yield FieldError("channels", "too_many", f"Property .channels must NOT have more than {MOST_CHANNELS} items")
        return
    for place, channel in enumerate(fields.channels):
        yield from channel_errors(channel, f"channels.{place}")


def channel_errors(channel: JsonValue, path: str) -> Iterator[FieldError]:
    if not isinstance(channel, dict):
        yield FieldError(path, "type", f"Property .{path} must be object", channel)
        return
    kind = channel.get("type")
    known = channel_types().get(kind) if isinstance(kind, str) else None
    if known is None:
        words = f"must be one of {', '.join(channel_types())}"
        yield FieldError(f"{path}.type", "invalid_choice", f"Property .{path}.type {words}", kind)
    else:
        yield from known.errors(channel, path)


def tidied_channels(channels: list[JsonValue]) -> list[JsonObject]:
    """What is stored of channels without errors."""
    return [{"type": channel["type"], **channel_types()[channel["type"]].tidied(channel)} for channel in channels]


def _time_errors(fields: DistributionFields) -> Iterator[FieldError]:
    if fields.delay:
        yield from _duration_errors("delay", fields.delay)
    if fields.limit is not None:
        yield from _duration_errors("limit.period", fields.limit.period)
        if not 1 <= fields.limit.count <= MOST_DELIVERIES:
            words = f"must be from 1 to {MOST_DELIVERIES}"
            yield FieldError("limit.count", "range", f"Property .limit.count {words}", fields.limit.count)


def _duration_errors(path: str, text: str) -> Iterator[FieldError]:
    length = read_duration(text)
    if length is None or length > LONGEST_PERIOD or len(text) > 40:
        words = "must be an ISO 8601 duration of up to a year, such as PT1H or P7D"
        yield FieldError(path, "invalid", f"Property .{path} {words}", text)
