"""Failures that are alike, as the pages of jobs show them: inside a company, or over all."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.installation import installation
from app.core.tenancy import current_scope
from app.queues import figures
from app.queues.figures import FailureFigures
from app.queues.figures.sums import WINDOWS, source, span_of, values_of

POINTS = 24
FOR_EVER = timedelta(days=3650)  # until the failure is met in another release: the fold ends it then


@dataclass(frozen=True)
class Group:
    """Failures with one signature, and when they happened.

    Attributes:
        spark: Failures at even distances over the window, oldest first.
    """

    figures: FailureFigures
    spark: Sequence[int]


def list_groups(window: str, allowed: Collection[str], *, muted: bool = False) -> list[Group]:
    """Return what failed in a window, most jobs first.

    Args:
        window: A name of `sums.WINDOWS`.
        allowed: The reader's permissions.
        muted: Those that somebody muted, instead of the others.
    """
    with in_figures():
        found = figures.failure_groups(window, muted=muted, allowed=allowed)
        sparks = _sparks(window)
    return [Group(one, sparks.get(one.signature, [0] * POINTS)) for one in found]


def mute_group(signature: str, *, is_muted: bool, allowed: Collection[str]) -> None:
    """Leave a group out of the list until it is met in another release; or show it again.

    Raises:
        NotFound: No job here failed so.
    """
    with in_figures():
        figures.mute(signature, clock.now() + FOR_EVER if is_muted else None, allowed)


def in_figures() -> AbstractContextManager[None]:
    """Ask where the figures stand: in this company, or in the installation for those of all."""
    return installation() if current_scope().role == "platform" else nullcontext()


def _sparks(window: str) -> dict[str, list[int]]:
    """Return failures by signature over the window, in POINTS parts."""
    span = span_of(WINDOWS[window])
    width_s = (span.until - span.since).total_seconds() / POINTS
    statement = sa.text(
        "SELECT f.key, floor(extract(epoch FROM r.at - :since) / :width)::int AS part, sum(f.value::bigint)::bigint AS n "
        f"FROM {source('at, failures')} r CROSS JOIN LATERAL jsonb_each_text(r.failures) f "
        "WHERE r.failures <> '{}' GROUP BY 1, 2"
    )
    found: dict[str, list[int]] = {}
    for row in db.session.execute(statement, {**values_of(span), "width": width_s}):
        found.setdefault(row.key, [0] * POINTS)[min(max(row.part, 0), POINTS - 1)] += row.n
    return found
