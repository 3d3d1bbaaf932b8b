"""What a condition compares, read from text: instants, versions, addresses. Text that is none of it reads as None."""

import re
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

LONGEST = 256  # characters; int() of thousands of digits is slow, and then refused
RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_NUMBER, _WORD = r"(?:0|[1-9][0-9]*)", r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
SEMVER = re.compile(
    rf"v?({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_WORD}(?:\.{_WORD})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
Version = tuple[int, int, int, bool, tuple[tuple[int, int, str], ...]]


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
    """Read a version so that tuples compare by the precedence of semver.org 2.0.0, clause 11. A leading v is allowed."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return None
    found = SEMVER.fullmatch(value)
    if found is None:
        return None
    major, minor, patch, prerelease = found.groups()
    words = tuple(_word(word) for word in prerelease.split(".")) if prerelease else ()
    return int(major), int(minor), int(patch), not words, words


def _word(word: str) -> tuple[int, int, str]:
    return (0, int(word), "") if word.isdigit() else (1, 0, word)


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
