"""Time-ordered keys and the public ids derived from them.

Keys are UUID version 7 (RFC 9562, section 5.7) made in Python: a set-based insert needs the key before the
insert, and time order keeps B-trees warm. The public id (`cust_…`) is the key in base 62 behind a prefix; it is
derived, never stored. The width is fixed and the alphabet is in ASCII order, so public ids sort as their keys do.
"""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
WIDTH = 22  # 62 ** 22 > 2 ** 128
_DIGITS = {character: value for value, character in enumerate(ALPHABET)}

_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_HALF = 62 ** (WIDTH // 2)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_lock = threading.Lock()
_last_tick = 0


def uuid7() -> UUID:
    """A new key, greater than every key this process made before it.

    48 bits of milliseconds, 12 bits of the fraction of one (RFC 9562, section 6.2, method 3), 62 random bits.
    """
    tick = _next_tick()
    value = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0b10 << 62 | _random_bits()
    return UUID(int=value)


def _random_bits() -> int:
    return int.from_bytes(os.urandom(8), "big") >> 2


def _next_tick() -> int:
    """The time in 1/4096 milliseconds, pushed forward by one where the clock stood still or stepped back."""
    global _last_tick
    nanoseconds = time.time_ns()
    tick = (nanoseconds // 1_000_000) << 12 | (nanoseconds % 1_000_000) * 4096 // 1_000_000
    with _lock:
        _last_tick = max(tick, _last_tick + 1)
        return _last_tick


def time_of(key: UUID) -> datetime:
    """The millisecond in which a version 7 key was made, in UTC."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, tz=UTC)


def first_key_at(moment: datetime) -> UUID:
    """The lowest version 7 key of the moment's millisecond: no key that was made from then on is lower."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62)


def public_id(prefix: str, key: UUID) -> str:
    """`public_id("cust", key)` is `cust_` and 22 base-62 digits."""
    # Two digits at a time, and the upper and lower half apart: small integers divide ten times as fast as large ones.
    upper, lower = divmod(key.int, _HALF)
    return f"{prefix}_{_half(upper)}{_half(lower)}"


def _half(value: int) -> str:
    """The eleven digits of a number below 62 ** 11."""
    value, last = divmod(value, 62)
    value, e = divmod(value, 3844)
    value, d = divmod(value, 3844)
    value, c = divmod(value, 3844)
    a, b = divmod(value, 3844)
    return f"{_PAIRS[a]}{_PAIRS[b]}{_PAIRS[c]}{_PAIRS[d]}{_PAIRS[e]}{ALPHABET[last]}"


def parse_public_id(prefix: str, text: object) -> UUID | None:
    """The key behind a public id, or None where `text` is not one with this prefix."""
    if not isinstance(text, str) or len(text) != len(prefix) + 1 + WIDTH or not text.startswith(prefix + "_"):
        return None
    value = 0
    for character in text[len(prefix) + 1 :]:
        digit = _DIGITS.get(character)
        if digit is None:
            return None
        value = value * 62 + digit
    return UUID(int=value) if value < 1 << 128 else None
