"""What Valkey and this process know of breakers right now. Valkey away: this process's own word, marked as such."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redis import Redis

from app.breakers import registry
from app.breakers.breaker import Breaker
from app.breakers.config import BreakerConfig, WindowType
from app.breakers.fleet import reports
from app.breakers.fleet.reports import Merged, Report
from app.breakers.fleet.store import STATES, read_states
from app.breakers.link import FleetState
from app.breakers.states import State
from app.breakers.window import rate
from app.core.redis import RedisAway, request_redis

if TYPE_CHECKING:
    from app.breakers.reads.board import BreakerView

MOST_CALLS_SHOWN = 200
NO_NAME = "unknown"  # a request that met no address of ours: nobody one could go and ask


@dataclass(frozen=True)
class Seen:
    """One breaker as it is now.

    Attributes:
        fleet: What all processes agreed upon; when Valkey is away what this process does.
        window: Merged over all processes; of this process when Valkey is away.
        is_alone: Valkey did not answer, so only this process's own figures are known.
    """

    fleet: FleetState
    window: Merged
    reports: Sequence[Report] = ()
    is_alone: bool = False


def fleet_names() -> list[str] | None:
    """Return the breakers that ever changed their state, as Valkey remembers them; None when it is away."""
    try:
        found = request_redis().run(lambda client: client.hkeys(STATES))
    except RedisAway:
        return None
    return sorted(name.decode() for name in found)  # type: ignore[union-attr]  # sync client


def look_at(configs: dict[str, BreakerConfig]) -> dict[str, Seen]:
    """Return how breakers are now.

    Args:
        configs: Name → the configuration by which its window is read.
    """
    try:
        return request_redis().run(lambda client: _read(client, configs))
    except RedisAway:
        return {name: look_here(name, config) for name, config in configs.items()}


def _read(client: Redis, configs: dict[str, BreakerConfig]) -> dict[str, Seen]:
    states, seen = read_states(client, list(configs)), {}
    for name, config in configs.items():
        told = reports.read_reports(client, name)
        window = reports.read_merged(client, name, config) if config.is_fleet_wide else reports.add_up(told, config)
        seen[name] = Seen(states[name], window, told)
    return seen


def look_here(name: str, config: BreakerConfig) -> Seen:
    """Return how a breaker is in this process; one it has not made is closed and empty."""
    one = one_here(name)
    if one is None:
        return Seen(FleetState(), Merged(0, 0, 0, -1.0, -1.0), is_alone=True)
    calls, failures, slow = one.figures_now()
    window = Merged(calls, failures, slow, rate(failures, calls, config.minimum), rate(slow, calls, config.minimum))
    return Seen(one.present(), window, is_alone=True)


def last_calls(one: "BreakerView") -> str | None:
    """Return outcomes, oldest first: 0 good, 1 failed, 2 slow, 3 both. Of the window, or of the one that opened it.

    None for a window of seconds, an empty one, or when Valkey is away.
    """
    if one.config.sliding_window_type is WindowType.TIME_BASED:
        return None
    part = "opened" if one.fleet_state in {State.OPEN, State.HALF_OPEN} else "window"
    try:
        digits = request_redis().run(lambda client: client.get(f"breaker:{one.name}:{part}"))
    except RedisAway:
        return None
    return bytes(digits)[-MOST_CALLS_SHOWN:].decode() if digits else None  # type: ignore[arg-type]  # sync client


def callers_of(name: str) -> list[tuple[str, int]]:
    """Return who called in this hour and the last, most first; empty when Valkey is away."""
    try:
        return request_redis().run(lambda client: _named(client, name))
    except RedisAway:
        return []


def callers_of_all(names: Sequence[str], most: int = 2) -> dict[str, list[str]]:
    """Return who calls each of some breakers most; nobody when Valkey is away."""
    try:
        return request_redis().run(
            lambda client: {name: [caller for caller, _ in _named(client, name)[:most]] for name in names}
        )
    except RedisAway:
        return {name: [] for name in names}


def _named(client: Redis, name: str) -> list[tuple[str, int]]:
    return [one for one in reports.read_callers(client, name) if one[0] != NO_NAME]


def state_here(name: str) -> State:
    """Return the state this process is in, without asking anybody."""
    one = one_here(name)
    return one.state if one is not None else State.CLOSED


def agreed_here(name: str) -> State:
    """Return what the fleet agreed upon as far as this process knows, whatever a person holds it in."""
    one = one_here(name)
    return one.agreed if one is not None else State.CLOSED


def one_here(name: str) -> Breaker | None:
    """Return this process's breaker of a name, without making it."""
    return next((one for one in registry.breakers() if one.name == name), None)
