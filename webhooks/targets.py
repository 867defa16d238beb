"""Which addresses nothing is sent to: those of the machine itself and of private networks, however they are written.

What counts is the address that is connected to (`connectable`), so names that resolve to a private one, also at the
second asking, and numbers that are written oddly are refused as well. `target_problem` says of an address, before
anything is resolved, what can never be right. WEBHOOK_ALLOW_PRIVATE lets everything through but other schemes and
credentials.
"""

import socket
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from django.conf import settings

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# A list of our own: Python's `is_global` calls some of these global, and not the same in every release.
# IANA's registries of special purpose addresses, multicast and what is reserved.
REFUSED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
# Of IPv6 only what is given out as unicast is called at all (2000::/3), and of that not these.
UNICAST = IPv6Network("2000::/3")
REFUSED_V6: tuple[Network, ...] = tuple(
    ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
# Those that carry an address of IPv4 in their last 32 bits: compatible, mapped, translated, NAT64.
CARRIERS: tuple[Network, ...] = tuple(
    ip_network(text) for text in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")
)
# What listens there speaks something else, and could be made to do as the body says.
REFUSED_PORTS = frozenset(
    {21, 22, 23, 25, 53, 110, 111, 143, 389, 445, 465, 587, 993, 995, 1433, 2049, 2375, 3306, 3389}
    | {5432, 5672, 6379, 9042, 9092, 11211, 27017}
)


class TargetRefused(OSError):
    """The address that was to be connected to is a private one."""


def address_problem(address: Address) -> str | None:
    """What is wrong with connecting to it."""
    if any(_is_private(each) for each in _unwrapped(address)):
        return f"{address} is an address of a private network, or of this machine"
    return None


def target_problem(url: str) -> str | None:
    """What is wrong with an address as it is written, which no later try can mend."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"it is no address ({error})"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "only https:// and http:// are called"
    if parts.username is not None or parts.password is not None:
        return "an address must not hold a user name or a password"
    if settings.WEBHOOK_ALLOW_PRIVATE:
        return None
    if port in REFUSED_PORTS or port == 0:
        return f"port {port} belongs to another protocol than HTTP"
    literal = _literal(parts.hostname)
    return address_problem(literal) if literal else None


def connectable(address_info: tuple[Any, ...]) -> socket.socket:
    """A socket for an address that was found for a name, or was one already. Raises TargetRefused."""
    family, kind, protocol, _, where = address_info
    if not settings.WEBHOOK_ALLOW_PRIVATE and (problem := _problem_of(where[0])):
        raise TargetRefused(problem)
    return socket.socket(family=family, type=kind, proto=protocol)


@lru_cache(maxsize=4_096)
def _problem_of(text: str) -> str | None:
    return address_problem(ip_address(text.partition("%")[0]))


def _literal(host: str) -> Address | None:
    """The address that a host is, in any of the ways of writing that resolvers understand: 127.1, 0x7f000001."""
    host = host.strip("[]").partition("%")[0].rstrip(".")
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def _unwrapped(address: Address) -> Iterator[Address]:
    """The address, and those of IPv4 that it carries."""
    yield address
    if not isinstance(address, IPv6Address):
        return
    if any(address in network for network in CARRIERS):
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo


def _is_private(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return any(address in network for network in REFUSED)
    # Public addresses of IPv4 behind NAT64 are good ones, which _unwrapped yields, too.
    if address in IPv6Network("64:ff9b::/96"):
        return False
    return address not in UNICAST or any(address in network for network in REFUSED_V6)
