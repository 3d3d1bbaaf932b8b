"""Breakers at /metrics, under resilience4j's names, read when asked: any worker answers for all processes."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from app.breakers import registry, totals
from app.breakers.breaker import Breaker
from app.breakers.reads.fleet import Seen, look_at
from app.breakers.states import FORCED, State
from app.core import metrics

PREFIX = "resilience4j_circuitbreaker_"
CALLS = ("successful", "failed")


def collect() -> Iterable[Metric]:
    """Yield the figures of every breaker this process knows."""
    known = {one.name: one for one in registry.breakers()}
    seen = look_at({name: one.config for name, one in known.items()})
    yield _states(known, seen)
    yield from _windows(seen)
    yield from _counters(set(known))


def state_of(one: Breaker, seen: Seen) -> State:
    """Return the state to tell: what people force and what a process decides alone is known here only."""
    is_own = one.state in FORCED or not one.config.is_fleet_wide
    return one.state if is_own else seen.fleet.state


def _states(known: dict[str, Breaker], seen: dict[str, Seen]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}state", "1 for the state the breaker is in.", labels=["name", "state"])
    for name, one in known.items():
        present = state_of(one, seen[name])
        for state in State:
            family.add_metric([name, state.name.lower()], float(state is present))
    return family


def _windows(seen: dict[str, Seen]) -> Iterable[Metric]:
    buffered = GaugeMetricFamily(f"{PREFIX}buffered_calls", "Calls in the window.", labels=["name", "kind"])
    slow = GaugeMetricFamily(f"{PREFIX}slow_calls", "Slow calls in the window.", labels=["name"])
    failing = GaugeMetricFamily(
        f"{PREFIX}failure_rate", "Percent; -1 below the minimum number of calls.", labels=["name"]
    )
    slowness = GaugeMetricFamily(
        f"{PREFIX}slow_call_rate", "Percent; -1 below the minimum number of calls.", labels=["name"]
    )
    for name, one in seen.items():
        window = one.window
        for kind, number in zip(CALLS, (window.calls - window.failures, window.failures), strict=True):
            buffered.add_metric([name, kind], number)
        slow.add_metric([name], window.slow)
        failing.add_metric([name], window.failure_rate)
        slowness.add_metric([name], window.slow_rate)
    return buffered, slow, failing, slowness


def _counters(names: set[str]) -> Iterable[Metric]:
    made = CounterMetricFamily(f"{PREFIX}calls", "Calls made, by how they ended.", labels=["name", "kind"])
    slow = CounterMetricFamily(f"{PREFIX}slow_calls_made", "Of these, slow ones.", labels=["name"])
    refused = CounterMetricFamily(f"{PREFIX}not_permitted_calls", "Calls refused.", labels=["name", "kind"])
    for (name, kind), number in sorted(totals.read().items()):
        if name not in names:
            continue
        if kind in CALLS:
            made.add_metric([name, kind], number)
        elif kind == "slow":
            slow.add_metric([name], number)
        else:
            refused.add_metric([name, "not_permitted"], number)
    return made, slow, refused


def init_prometheus() -> None:
    """Answer at each scrape."""
    metrics.at_scrape("breakers", collect)
