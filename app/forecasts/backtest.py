"""What a forecast would have been worth: made again at weeks gone by, held against what came.

The model is chosen on weeks that the reported error does not see, or the error would praise its own choice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from app.forecasts.methods import Weeks, baseline_for, models_for, predict

TESTED = 8  # weeks the error is about
CHOSEN_ON = 8  # weeks before them, on which the model is chosen
AHEAD = 4  # weeks each trial looks ahead: about as long as new stock takes
LEAST = 16  # weeks without which nothing is tested
POINTS = 8  # weeks a forecast says


@dataclass(frozen=True)
class Trial:
    """Misses of a rule over rolling starts.

    Attributes:
        missed: Sum of the absolute misses.
        wanted: Sum of what was really wanted.
        misses: Each miss, wanted less said.
    """

    missed: float
    wanted: float
    misses: tuple[float, ...]

    @property
    def error(self) -> float | None:
        """WAPE: the share of the wanted units by which it missed; None when nothing was wanted."""
        return self.missed / self.wanted if self.wanted else None

    @property
    def spread(self) -> float:
        """Root mean square of a week's miss."""
        return sqrt(sum(miss * miss for miss in self.misses) / len(self.misses)) if self.misses else 0.0


@dataclass(frozen=True)
class Judged:
    """A forecast and what it is worth; see `ItemForecast` for the figures."""

    method: str
    baseline: str
    points: list[float]
    error: float | None = None
    baseline_error: float | None = None
    model_error: float | None = None
    mase: float | None = None
    spread: float = 0.0
    tested_weeks: int = 0
    model_trial: Trial | None = None
    baseline_trial: Trial | None = None


def try_rule(rule: str, history: Weeks, last: int) -> Trial:
    """Forecast again from every week of a stretch, each time from nothing but the weeks before.

    Args:
        rule: A name in `methods.RULES`.
        history: Units of each week, oldest first.
        last: Where the stretch of eight tested weeks ends, exclusive.
    """
    misses: list[float] = []
    wanted = 0.0
    for start in range(last - TESTED, last - AHEAD + 1):
        came = history[start : start + AHEAD]
        wanted += sum(came)
        misses += [real - said for real, said in zip(came, predict(rule, history[:start], AHEAD), strict=True)]
    return Trial(sum(abs(miss) for miss in misses), wanted, tuple(misses))


def judge(history: Weeks) -> Judged:
    """Choose a model, test it against the baseline on the last eight weeks, and forecast with the better one."""
    weeks = len(history)
    if weeks < LEAST:
        return Judged("recent-mean", "recent-mean", predict("recent-mean", history, POINTS))
    before = history[: weeks - TESTED]
    baseline = baseline_for(before, TESTED)
    model = choose(before)
    ours, plain = try_rule(model, history, weeks), try_rule(baseline, history, weeks)
    is_better = ours.missed < plain.missed
    method, used = (model, ours) if is_better else (baseline, plain)
    return Judged(
        method, baseline, predict(method, history, POINTS), used.error, plain.error, ours.error,
        scaled(used, before), used.spread, TESTED, ours, plain,
    )  # fmt: skip


def choose(before: Weeks) -> str:
    """Return the model that did best on the weeks before the tested ones; the usual one where these are too few."""
    models = models_for(before)
    if len(before) < CHOSEN_ON + LEAST // 2 or len(models) == 1:
        return models[0]
    return min(models, key=lambda rule: try_rule(rule, before, len(before)).missed)


def scaled(trial: Trial, before: Weeks) -> float | None:
    """Return MASE: the mean miss beside that of saying "as last week" before the test; None where that never missed."""
    steps = [abs(after - first) for first, after in pairwise(before)]
    usual = sum(steps) / len(steps) if steps else 0.0
    return trial.missed / len(trial.misses) / usual if usual and trial.misses else None


@dataclass(frozen=True)
class Total:
    """The error over many items: of the model on all of them, of the baseline, and of what is really used."""

    items: int
    won: int
    model: float | None
    baseline: float | None
    used: float | None


def total_of(found: Iterable[Judged]) -> Total:
    """Sum the misses of all tested items."""
    items, won, ours, plain, used, wanted = 0, 0, 0.0, 0.0, 0.0, 0.0
    for one in found:
        if one.model_trial is None or one.baseline_trial is None:
            continue
        items += 1
        won += one.model_trial.missed < one.baseline_trial.missed
        ours += one.model_trial.missed
        plain += one.baseline_trial.missed
        used += min(one.model_trial.missed, one.baseline_trial.missed)
        wanted += one.model_trial.wanted
    if not wanted:
        return Total(items, won, None, None, None)
    return Total(items, won, ours / wanted, plain / wanted, used / wanted)
