"""What an HTTP answer says about the service that gave it; shared by the adapters that speak HTTP.

500 and above                 a failure; with Retry-After (503) the breaker opens for as long
429 with Retry-After          the breaker opens for as long
429 without, other 4xx        a success: the service works, the request did not fit
"""

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from app.core import clock

FAILED, TOO_MANY, UNAVAILABLE = 500, 429, 503


class ServiceFailed(Exception):
    """A service answered that it failed. Breakers see it; callers get the answer itself.

    Attributes:
        retry_after_s: Seconds it asks us to stay away; None when it does not.
    """

    def __init__(self, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(f"answered {status}")
        self.status, self.retry_after_s = status, retry_after_s


def judge(status: int, headers: Mapping[str, str]) -> ServiceFailed | None:
    """Return the failure an answer is; None when it is none.

    Args:
        headers: With names in any case, or a mapping that ignores it.
    """
    away_s = None
    if status in {TOO_MANY, UNAVAILABLE}:
        away_s = read_retry_after(headers.get("Retry-After") or headers.get("retry-after"))
    return ServiceFailed(status, away_s) if status >= FAILED or away_s is not None else None


def read_retry_after(text: str | None) -> float | None:
    """Return a Retry-After header in seconds from now: it is a number or a date. None for neither or for the past."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - clock.now()).total_seconds()
        except (ValueError, TypeError):  # no date, or one without a zone
            return None
    return seconds if seconds > 0 and math.isfinite(seconds) else None
