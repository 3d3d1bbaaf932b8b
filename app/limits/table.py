"""The named limits, their defaults, and how `LIMIT_<NAME>` changes them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from config import BadSettings

PREFIX = "LIMIT_"
UNITS_S = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86_400, "day": 86_400}
_FORM = re.compile(r"(?P<amount>\d{1,9})\s*(?:/|per)\s*(?P<count>\d{1,4})?\s*(?P<unit>[a-z]+?)s?", re.IGNORECASE)


@dataclass(frozen=True)
class Limit:
    """One named limit.

    Attributes:
        amount: How many are let through in any window of `window_s` seconds; 0 switches the limit off.
        counts: What is counted and for whom, in words.
    """

    name: str
    amount: int
    window_s: int
    counts: str

    @property
    def text(self) -> str:
        """As a setting writes it: `60/60s`."""
        return f"{self.amount}/{self.window_s}s" if self.amount else "off"


DEFAULTS = (
    Limit("auth", 5, 900, "failed sign-ins of one account from one address"),
    Limit("auth_ip", 30, 900, "failed sign-ins from one address, whatever the account"),
    Limit("api", 60, 60, "requests to /api of one user or token; a token may carry its own"),
    Limit("page", 600, 60, "pages and fragments of one person"),
    Limit("search", 120, 60, "searches of one person"),
    Limit("ai", 20, 60, "questions to the AI of one person"),
    Limit("ocr", 50, 3600, "documents read by OCR of one person"),
    Limit("upload", 60, 60, "uploads of one person"),
    Limit("burst", 50, 1, "requests of one person, token or address in one second"),
    Limit(
        "ip", 1200, 60, "requests of one address that nobody is signed in on; an address that does not exist counts ten"
    ),
    Limit("global", 120_000, 60, "requests to the whole installation"),
    Limit("sockets", 5, 60, "socket handshakes of one address without a valid session or token"),
    Limit("socket_session", 60, 60, "socket handshakes of one session or token"),
    Limit("socket_messages", 10, 60, "messages over sockets of one user"),
    Limit("socket_messages_ip", 20, 60, "messages over sockets of one address"),
)


class BadLimit(BadSettings, ValueError):
    """A `LIMIT_…` setting that cannot be used; the text says what to set."""


def parse_limit(text: str) -> tuple[int, int]:
    """Return (amount, window in seconds) of `60/min`, `5/15min`, `100 per second`; `off` is (0, 60).

    Raises:
        BadLimit: It has another form.
    """
    if text.strip().lower() == "off":
        return 0, 60
    match = _FORM.fullmatch(text.strip())
    unit_s = UNITS_S.get(match["unit"].lower()) if match else None
    if match is None or unit_s is None or int(match["amount"]) == 0 or match["count"] in {"0", "00"}:
        raise BadLimit(f"{text!r} is no limit; write it like 60/min, 5/15min or off")
    return int(match["amount"]), int(match["count"] or 1) * unit_s


def load_limits(environ: Mapping[str, str]) -> dict[str, Limit]:
    """Return the limits by name, as the environment changes them.

    Raises:
        BadLimit: A name nobody knows, or a value that is no limit.
    """
    limits = {limit.name: limit for limit in DEFAULTS}
    for setting, text in environ.items():
        if not setting.startswith(PREFIX):
            continue
        name = setting.removeprefix(PREFIX).lower()
        if name not in limits:
            known = ", ".join(PREFIX + limit.name.upper() for limit in DEFAULTS)
            raise BadLimit(f"{setting} names no limit; remove it or use one of {known}")
        try:
            amount, window_s = parse_limit(text)
        except BadLimit as error:
            raise BadLimit(f"{setting}: {error}") from None
        limits[name] = replace(limits[name], amount=amount, window_s=window_s)
    return limits
