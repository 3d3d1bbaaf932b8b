"""The one sentence about the cache."""

from dataclasses import dataclass

from app.caching.reads import CacheView
from app.core.present import format_duration, plural

FEW, POOR = 100, 0.6


@dataclass(frozen=True)
class Verdict:
    """A sentence and its tone."""

    tone: str
    text: str


def verdict_of(view: CacheView) -> Verdict:
    """Return the sentence: what does not work, what does not help, or what was spared."""
    if view.state == "away":
        return Verdict("warn", "Valkey does not answer: everything is read from the database, a few reads at a time.")
    if view.state == "off":
        return Verdict("held", "The flag enable-caching is off: everything is read from the database.")
    total = view.total
    if total.hit_ratio is None:
        return Verdict("idle", "Nothing was read through the cache in the last hour.")
    share = f"{total.hit_ratio * 100:.0f}%"
    if total.hit_ratio < POOR and total.reads >= FEW:
        return Verdict(
            "warn", f"Only {share} of {plural(total.reads, 'read')} were spared: what is kept changes too often."
        )
    spared = f"{share} of {plural(total.reads, 'read')} did not ask the database"
    return Verdict("good", f"{spared}: {took(total.saved_ms)} of its work saved.")


def took(ms: float) -> str:
    """Return a time of work: `480 ms`, `12 s`, `3 min 10 s`."""
    if ms < 1000:  # noqa: PLR2004
        return f"{ms:.0f} ms" if ms >= 10 or ms == 0 else f"{ms:.1f} ms"  # noqa: PLR2004
    return format_duration(ms / 1000)
