"""Rules that say what comes next from what was: numbers in, numbers out.

The smoothing is statsmodels'. It is imported when the first forecast is made, by the worker: it costs 0.8 s and
100 MB, which no page pays.
"""

import warnings
from collections.abc import Callable, Sequence
from math import isfinite

Weeks = Sequence[float]
Rule = Callable[[Weeks, int], list[float]]
YEAR = 52
RECENT = 8
SEASONS = 2 * YEAR  # a yearly shape cannot be told from chance in fewer weeks
SBA_ALPHA = 0.1  # Syntetos and Boylan (2005) find 0.05 to 0.2 best; weeks of such items are few
MOST_ZERO = 0.3  # from that share of weeks without an order, demand comes in lumps

GIANT = 8.0  # times the median week with demand
FEW = 3  # weeks of demand that a median needs
BASELINES = ("last-year", "recent-mean")

NAMES = {
    "last-year": "the same weeks of last year",
    "recent-mean": "the mean of the 8 weeks before",
    "smoothing": "exponential smoothing",
    "trend": "smoothing with a fading trend",
    "season": "smoothing with a yearly season",
    "lumps": "Croston’s rule for demand in lumps",
}


def last_year(history: Weeks, ahead: int) -> list[float]:
    """Repeat the same weeks of the year before."""
    return [history[len(history) - YEAR + step % YEAR] for step in range(ahead)]


def recent_mean(history: Weeks, ahead: int) -> list[float]:
    """Repeat the mean of the last eight weeks."""
    recent = history[-RECENT:]
    return [sum(recent) / len(recent)] * ahead if recent else [0.0] * ahead


def smoothing(history: Weeks, ahead: int) -> list[float]:
    """Simple exponential smoothing; the weight of the newest week is fitted."""
    from statsmodels.tsa.holtwinters import SimpleExpSmoothing

    return _fitted(lambda: SimpleExpSmoothing(_array(history), initialization_method="estimated"), history, ahead)


def trend(history: Weeks, ahead: int) -> list[float]:
    """Holt's smoothing with a trend that fades."""
    from statsmodels.tsa.holtwinters import Holt

    return _fitted(lambda: Holt(_array(history), damped_trend=True, initialization_method="estimated"), history, ahead)


def season(history: Weeks, ahead: int) -> list[float]:
    """Holt-Winters with a yearly season."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    def build() -> object:
        return ExponentialSmoothing(
            _array(history), seasonal="add", seasonal_periods=YEAR, initialization_method="heuristic"
        )

    return _fitted(build, history, ahead)


def lumps(history: Weeks, ahead: int) -> list[float]:
    """Smooth the size of demand and the weeks between apart, with the correction of Syntetos and Boylan.

    Croston (1972) alone says too much: dividing two smoothed figures is biased upwards.
    """
    sizes = [(week, units) for week, units in enumerate(history) if units > 0]
    if not sizes:
        return [0.0] * ahead
    last, size = sizes[0]
    gap = float(last + 1)
    for week, units in sizes[1:]:
        size += SBA_ALPHA * (units - size)
        gap += SBA_ALPHA * (week - last - gap)
        last = week
    return [(1 - SBA_ALPHA / 2) * size / gap] * ahead


RULES: dict[str, Rule] = {
    "last-year": last_year, "recent-mean": recent_mean, "smoothing": smoothing, "trend": trend, "season": season,
    "lumps": lumps,
}  # fmt: skip


def baseline_for(history: Weeks, tested: int) -> str:
    """Return the rule that asks no model: last year where there is one, else the weeks just before."""
    return "last-year" if len(history) >= YEAR + tested else "recent-mean"


def models_for(history: Weeks) -> list[str]:
    """Return the models worth trying on such weeks, the first the one to take where nothing decides."""
    if sum(units > 0 for units in history) < FEW:
        return ["recent-mean"]  # one or two orders are no pattern
    if history and sum(units <= 0 for units in history) / len(history) >= MOST_ZERO:
        return ["lumps", "smoothing"]
    return ["smoothing", "trend", "season"] if len(history) >= SEASONS else ["smoothing", "trend"]


def calm(history: Weeks) -> list[float]:
    """Return the weeks with giant ones cut: one order of fifty times the usual would lift every later forecast."""
    wanted = sorted(units for units in history if units > 0)
    if len(wanted) < FEW:
        return list(history)
    limit = GIANT * wanted[len(wanted) // 2]
    return [min(units, limit) for units in history]


def predict(rule: str, history: Weeks, ahead: int) -> list[float]:
    """Return the units of the next weeks, none below zero."""
    if not any(history):
        return [0.0] * ahead
    if rule not in BASELINES:
        history = calm(history)
    return [max(0.0, float(units)) for units in RULES[rule](history, ahead)]


def _fitted(build: Callable[[], object], history: Weeks, ahead: int) -> list[float]:
    """Fit and look ahead; the recent mean where nothing can be fitted, as on weeks that are all the same.

    A fit that does not settle still answers, and the test shows how well.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            points = list(build().fit().forecast(ahead))  # type: ignore[attr-defined]  # statsmodels has no types
        except (ValueError, ArithmeticError):
            points = []
    return points if points and all(map(isfinite, points)) else recent_mean(history, ahead)


def _array(history: Weeks) -> object:
    import numpy as np

    return np.asarray(history, dtype=float)
