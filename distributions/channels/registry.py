"""Every channel by its type. A new one is a class and a line here."""

from collections.abc import Mapping
from functools import cache

from distributions.channels.base import Channel
from distributions.channels.email import EmailChannel
from distributions.channels.webhook import WebhookChannel

CHANNELS: tuple[type[Channel], ...] = (WebhookChannel, EmailChannel)


@cache
def channel_types() -> Mapping[str, Channel]:
    return {channel.type: channel() for channel in CHANNELS}
