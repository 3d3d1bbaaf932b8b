"""The one clock: aware UTC, replaceable in tests through time-machine."""

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """Return this instant, aware, in UTC."""
    return datetime.now(UTC)


def rfc3339(at: datetime) -> str:
    """Return an instant as the API writes it: 2026-11-20T10:42:08.123Z."""
    there = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{there.isoformat(timespec='milliseconds')[:-6]}Z"


def parse(text: str) -> datetime:
    """Read what `rfc3339` wrote."""
    return datetime.fromisoformat(text)


def days_from_now(days: int | None) -> datetime | None:
    """Return the instant so many days ahead; None for never."""
    return None if days is None else now() + timedelta(days=days)
