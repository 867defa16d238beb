"""What webhooks are sent: announcements become bodies, one for each webhook that hears of them (contract h.2)."""

from api.announcements.fan_out import FanOut
from api.announcements.samples import test_announcement

__all__ = ["FanOut", "test_announcement"]
