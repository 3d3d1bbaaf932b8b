"""One flag in one environment, whole: what acts answer and pages show."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.flags.engine.model import KEY_PATTERN, FlagSettings, settings_from_json
from app.flags.environments import check_environment
from app.flags.models import FlagEnvironment, FlagRow, FlagSeen
from app.flags.problems import FlagNotFound

JSON = dict[str, Any]
_KEY = re.compile(KEY_PATTERN)


@dataclass(frozen=True, slots=True)
class FlagDetail:
    """A flag as it answers in one environment.

    Attributes:
        kept: The settings as JSON (percentage in thousandths of a percent), as an editor changes them.
        settings: The same, typed; its lists are empty: `allowed` and `blocked` say how many there are.
        version: What an editor sends back; any change makes it greater.
        changed_by: Who changed it last in this environment: kind, name, and id when it is a person.
        last_asked_at: None when nobody has asked in this environment yet.
        answers: The one variant it has given since `answers_since`; "" while it gives several.
    """

    key: str
    environment: str
    description: str
    type: str
    scope: str
    variants: Mapping[str, Any]
    on_variant: str
    off_variant: str | None
    salt: str
    algorithm: str
    owner: str
    tags: tuple[str, ...]
    is_permanent: bool
    is_builtin: bool
    metadata: Mapping[str, Any]
    kept: JSON
    settings: FlagSettings
    version: int
    allowed: int
    blocked: int
    created_at: datetime
    changed_at: datetime
    changed_by: Mapping[str, Any]
    archived_at: datetime | None
    last_asked_at: datetime | None
    last_asked_by: str
    answers: str
    answers_since: datetime | None

    @property
    def is_enabled(self) -> bool:
        """Whether the kill switch is not pulled."""
        return self.settings.enabled

    @property
    def percentage(self) -> int:
        """Thousandths of a percent."""
        return self.settings.percentage

    @property
    def percent(self) -> int | float:
        """The same as people write it: 25, 12.5, 0.001."""
        return percent_of(self.settings.percentage)


def percent_of(share: int) -> int | float:
    """Return thousandths of a percent as percent, whole when it is."""
    return share // 1000 if share % 1000 == 0 else share / 1000


def is_key(key: str) -> bool:
    """Say whether a text can be the key of a flag or a segment at all."""
    return _KEY.fullmatch(key) is not None


def find_flag(key: str, environment: str | None = None, *, archived: bool = False) -> FlagDetail:
    """Return a flag, inside the installation.

    Args:
        key: The flag.
        environment: Whose settings; None means this installation's.
        archived: Also when it was archived.

    Raises:
        FlagNotFound: There is none.
        UnknownEnvironment: There is no such environment.
    """
    environment = check_environment(environment)
    statement = select_details(environment).where(FlagRow.key == key)
    if not archived:
        statement = statement.where(FlagRow.archived_at.is_(None))
    row = db.session.execute(statement).one_or_none() if is_key(key) else None
    if row is None:
        raise FlagNotFound(key=key[:100])
    return build_detail(row, environment)


def select_details(environment: str) -> sa.Select[FlagRow, FlagEnvironment, FlagSeen]:
    """Return what reads flags with their settings in one environment."""
    here = sa.and_(FlagEnvironment.flag_key == FlagRow.key, FlagEnvironment.environment == environment)
    seen = sa.and_(FlagSeen.flag_key == FlagRow.key, FlagSeen.environment == environment)
    return (
        sa.select(FlagRow, FlagEnvironment, FlagSeen)
        .outerjoin(FlagEnvironment, here)
        .outerjoin(FlagSeen, seen)
        .execution_options(populate_existing=True)
    )


def build_detail(row: sa.Row[FlagRow, FlagEnvironment, FlagSeen], environment: str) -> FlagDetail:
    """Return the whole of a flag from its rows; an environment named in the settings later has none yet."""
    flag: FlagRow = row[0]
    here: FlagEnvironment | None = row[1]
    seen: FlagSeen | None = row[2]
    kept = here.settings if here else {}
    return FlagDetail(
        key=flag.key, environment=environment, description=flag.description, type=flag.type, scope=flag.scope,
        variants=flag.variants, on_variant=flag.on_variant, off_variant=flag.off_variant, salt=flag.salt,
        algorithm=flag.algorithm, owner=flag.owner, tags=tuple(flag.tags), is_permanent=flag.is_permanent,
        is_builtin=flag.is_builtin, metadata=flag.about, kept=kept, settings=settings_from_json(kept),
        version=here.version if here else flag.version, allowed=here.allowed if here else 0,
        blocked=here.blocked if here else 0, created_at=flag.created_at,
        changed_at=here.changed_at if here else flag.changed_at, changed_by=here.changed_by if here else {},
        archived_at=flag.archived_at, last_asked_at=seen.last_at if seen else None,
        last_asked_by=seen.last_by if seen else "", answers=seen.variant if seen else "",
        answers_since=seen.variant_since if seen else None,
    )  # fmt: skip
