"""All breakers as pages and scripts see them: what code says, what people changed, what Valkey knows, what was counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from app.breakers import registry
from app.breakers.config import BadBreakerConfig, BreakerConfig
from app.breakers.fleet.reports import Report
from app.breakers.models import BreakerRow
from app.breakers.problems import BreakerNotFound
from app.breakers.reads.fleet import Seen, fleet_names, look_at, one_here
from app.breakers.reads.minutes import Traffic, traffic
from app.breakers.states import Scope, State
from app.breakers.window import rate
from app.core import clock
from app.core.db import db

DESCRIPTIONS: dict[str, str] = {}
# Worst first: what happened by itself before what a person decided, what refuses calls before what does not.
ORDER = (State.OPEN, State.HALF_OPEN, State.FORCED_OPEN, State.DISABLED, State.METRICS_ONLY, State.CLOSED)


@dataclass(frozen=True)
class Held:
    """A person holds a breaker in a state.

    Attributes:
        by: Their name.
        until: None until somebody lets go.
    """

    state: State
    reason: str
    by: str
    at: datetime | None
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class BreakerView:
    """One breaker, now.

    Attributes:
        state: As calls meet it; a forced one hides `fleet_state`.
        since: When the fleet went to its state; None for ever.
        open_until: When the next try may be made; None unless OPEN.
        reason: Why the fleet went to its state.
        calls: Of the window; in OPEN of the one that decided, in HALF_OPEN the tries that came back.
        failure_rate: Percent; −1 below the minimum number of calls, as resilience4j writes it. As `slow_rate`.
        is_degraded: Valkey is away: every process decides alone, and this is only what this one knows.
        is_in_code: This process knows the code's configuration; else its limits are the defaults with what
            people changed.
        version: Of what people changed; 0 when nobody changed anything.
    """

    name: str
    description: str
    state: State
    fleet_state: State
    held: Held | None
    since: datetime | None
    open_until: datetime | None
    reason: str
    generation: int
    attempts: int
    calls: int
    failures: int
    slow: int
    failure_rate: float
    slow_rate: float
    traffic: Traffic
    reports: Sequence[Report]
    is_degraded: bool
    is_in_code: bool
    config: BreakerConfig
    overrides: dict[str, object]
    version: int

    @property
    def alone(self) -> list[Report]:
        """The processes that rest although the others do not."""
        if self.state is not State.CLOSED:
            return []
        return [one for one in self.reports if one.scope == Scope.LOCAL and one.state != State.CLOSED.name]

    @property
    def is_idle(self) -> bool:
        """No process has it now, as far as is known: only what was kept of it is left."""
        is_quiet = self.state is State.CLOSED and not self.reports and not self.is_degraded
        return is_quiet and not self.is_in_code

    @property
    def severity(self) -> tuple[int, int, float, str]:
        """Sorts the worst first."""
        return ORDER.index(self.state), -len(self.alone), -self.failure_rate, self.name


def describe(name: str, description: str) -> None:
    """Say what a breaker guards, where it is made."""
    DESCRIPTIONS[name] = description


def list_breakers() -> list[BreakerView]:
    """Return all breakers, worst first."""
    return sorted(_views(known_names()), key=lambda one: one.severity)


def find_breaker(name: str) -> BreakerView:
    """Return one breaker.

    Raises:
        BreakerNotFound: No process ever told of it; it carries the names there are.
    """
    must_exist(name)
    return _views([name])[0]


def must_exist(name: str) -> None:
    """Check that a breaker is known here, without asking Valkey when this process has it.

    Raises:
        BreakerNotFound: As `find_breaker`.
    """
    if one_here(name) is None and name not in (known := known_names()):
        raise BreakerNotFound(name=name[:64], known=known)


def known_names() -> list[str]:
    """Return every breaker that this process, Valkey or the tables have heard of."""
    names = {one.name for one in registry.breakers()} | set(fleet_names() or ())
    names |= set(db.session.scalars(sa.select(BreakerRow.name))) | traffic(clock.now()).keys()
    return sorted(names)


def config_of(name: str, overrides: dict[str, object]) -> BreakerConfig:
    """Return how a breaker decides."""
    base = base_of(name)
    try:
        return base.with_overrides(overrides)
    except BadBreakerConfig:  # the code changed under what a person had set: the code's own word holds
        return base


def base_of(name: str) -> BreakerConfig:
    """Return what the code says; the defaults when only other processes have this breaker."""
    one = one_here(name)
    return one.code_config if one is not None else BreakerConfig()


def _views(names: Sequence[str]) -> list[BreakerView]:
    now = clock.now()
    rows = {row.name: row for row in db.session.scalars(sa.select(BreakerRow).where(BreakerRow.name.in_(names)))}
    counted = traffic(now)
    configs = {name: config_of(name, rows[name].config if name in rows else {}) for name in names}
    seen = look_at(configs)
    return [_view(name, rows.get(name), configs[name], seen[name], counted.get(name, Traffic()), now) for name in names]


def _view(
    name: str, row: BreakerRow | None, config: BreakerConfig, seen: Seen, counted: Traffic, now: datetime
) -> BreakerView:
    fleet, window = seen.fleet, seen.window
    held = held_of(row, now)
    calls, failures, slow = window.calls, window.failures, window.slow
    minimum = config.minimum
    if fleet.state in {State.OPEN, State.HALF_OPEN}:
        calls, failures, slow = fleet.calls, fleet.failures, fleet.slow
        minimum = 1 if fleet.state is State.OPEN else config.probes_needed
    is_open = fleet.state is State.OPEN and fleet.wait_s is not None
    return BreakerView(
        name=name, description=(row.description if row else "") or DESCRIPTIONS.get(name, ""),
        state=held.state if held else fleet.state, fleet_state=fleet.state, held=held,
        since=datetime.fromtimestamp(fleet.since, UTC) if fleet.since else None,
        open_until=now + timedelta(seconds=fleet.wait_s or 0) if is_open else None,
        reason=fleet.reason, generation=fleet.generation, attempts=fleet.attempts,
        calls=calls, failures=failures, slow=slow,
        failure_rate=rate(failures, calls, minimum) if calls else -1.0,
        slow_rate=rate(slow, calls, minimum) if calls else -1.0,
        traffic=counted, reports=seen.reports, is_degraded=seen.is_alone, is_in_code=one_here(name) is not None,
        config=config, overrides=dict(row.config) if row else {}, version=row.version if row else 0,
    )  # fmt: skip


def held_of(row: BreakerRow | None, now: datetime) -> Held | None:
    """Return how a person holds a breaker; None when nobody does, or when the time is over."""
    if row is None or row.forced_state is None or (row.forced_until is not None and row.forced_until <= now):
        return None
    by = str(row.forced_by.get("name", ""))
    return Held(State[row.forced_state], row.forced_reason, by, row.forced_at, row.forced_until)
