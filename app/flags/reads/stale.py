"""Flags that have done their work: they could be taken out of the code."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.core import clock
from app.core.db import db
from app.flags.engine.model import WHOLE
from app.flags.environments import check_environment
from app.flags.models import FlagRow
from app.flags.reads.detail import FlagDetail, build_detail, select_details

STALE_AFTER = timedelta(days=30)


class Why(StrEnum):
    """What makes a flag stale."""

    ONE_ANSWER = "one-answer"
    NOT_ASKED = "not-asked"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class StaleFlag:
    """A flag that is not meant to stay and has not decided anything for a while.

    Attributes:
        why: Every reason, the strongest first.
        since: Since when the first of them holds.
    """

    key: str
    why: tuple[Why, ...]
    since: datetime
    sentence: str


def stale_flags(environment: str | None = None, after: timedelta = STALE_AFTER) -> list[StaleFlag]:
    """Return the stale flags of an environment, by key; permanent ones never are."""
    environment = check_environment(environment)
    statement = select_details(environment).where(FlagRow.archived_at.is_(None), FlagRow.is_permanent.is_(False))
    found = []
    for row in db.session.execute(statement.order_by(FlagRow.key)):
        flag = build_detail(row, environment)
        reasons = list(_reasons(flag, clock.now() - after))
        if reasons:
            _, since, sentence = reasons[0]
            found.append(StaleFlag(flag.key, tuple(one[0] for one in reasons), since, sentence))
    return found


def _reasons(flag: FlagDetail, before: datetime) -> Iterator[tuple[Why, datetime, str]]:
    if flag.changed_at > before:
        return  # somebody still works with it
    asked_at = flag.last_asked_at
    if asked_at is None or asked_at <= before:
        since = asked_at or flag.created_at
        yield Why.NOT_ASKED, since, f"Nobody has asked for it since {since:%-d %B %Y}."
    elif flag.answers and flag.answers_since is not None and flag.answers_since <= before:
        since = flag.answers_since
        yield Why.ONE_ANSWER, since, f"It has answered only “{flag.answers}” since {since:%-d %B %Y}."
    if _is_finished(flag):
        end = "everybody" if flag.is_enabled and flag.percentage == WHOLE else "nobody"
        yield Why.FINISHED, flag.changed_at, f"It is on for {end}, without rules, since {flag.changed_at:%-d %B %Y}."


def _is_finished(flag: FlagDetail) -> bool:
    """Whether it says the same to everybody: its rules and lists, if any, never get to speak."""
    settings = flag.settings
    if not settings.enabled:
        return True
    decides = settings.rules or settings.targeting or settings.prerequisites or flag.allowed or flag.blocked
    splits = sum(1 for _, weight in settings.split if weight > 0) > 1
    return not decides and (settings.percentage == 0 or (settings.percentage == WHOLE and not splits))
