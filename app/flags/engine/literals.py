"""What a condition compares, read from text: instants, versions, addresses. Text that is none of it reads as None."""

import re
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from app.flags.engine.semver import Version, parse_version

LONGEST = 256  # characters; nothing that is meant here is longer
RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


def read_instant(value: Any) -> datetime | None:
    """Read an RFC 3339 instant, or take a datetime that knows its offset."""
    if isinstance(value, datetime):
        return value if value.utcoffset() is not None else None
    if not isinstance(value, str) or len(value) > LONGEST:
        return None
    text = value.upper()
    if not RFC_3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # the thirtieth of February
        return None


def read_version(value: Any) -> Version | None:
    """Read a semantic version; a leading v is allowed, missing parts are not."""
    return parse_version(value.removeprefix("v")) if isinstance(value, str) else None


def read_address(value: Any) -> IPv4Address | IPv6Address | None:
    """Read an IP address; an IPv4 address inside IPv6 (`::ffff:10.0.0.1`) is the IPv4 one."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return None
    try:
        address = ip_address(value)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def read_network(value: Any) -> IPv4Network | IPv6Network | None:
    """Read a network in CIDR notation, or a single address."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return None
    try:
        return ip_network(value, strict=False)
    except ValueError:
        return None
