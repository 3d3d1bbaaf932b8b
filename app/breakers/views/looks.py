"""How a breaker looks and what is said of it: words for states, reasons and figures."""

import re
from dataclasses import dataclass
from datetime import datetime

from app.breakers.reads import BreakerView
from app.breakers.states import Reason, State
from app.core.present import format_count, format_duration, plural

HELD_WORDS = {State.FORCED_OPEN: "Forced open", State.DISABLED: "Held closed", State.METRICS_ONLY: "Only measuring"}
TICKS = 1000


@dataclass(frozen=True)
class Look:
    """A state as pages draw it.

    Attributes:
        until: When a person's hold ends; the page writes it in the reader's zone.
    """

    tone: str
    icon: str | None
    word: str
    until: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """The page's sentence: the worst breaker by name, and what is to say of it.

    Attributes:
        until: Ends the sentence with an instant, when there is one.
        more: A second sentence.
    """

    tone: str
    text: str
    name: str = ""
    until: datetime | None = None
    more: str = ""


def look_of(one: BreakerView, now: datetime) -> Look:
    """Return how a breaker's state looks."""
    if one.held is not None:
        return Look("held", None, HELD_WORDS[one.state], one.held.until)
    if one.state is State.OPEN:
        return Look("bad", None, f"Open {format_duration((now - one.since).total_seconds())}" if one.since else "Open")
    if one.state is State.HALF_OPEN:
        good = one.calls - one.failures
        needed = one.config.probes_needed
        return Look("warn", "circle-dot", f"Half open, {good} of {needed} good")
    if one.alone:
        return Look("warn", None, f"Closed, {plural(len(one.alone), 'process', 'processes')} alone")
    return Look("idle", None, "Not in use now") if one.is_idle else Look("good", None, "Closed")


def bar_tone(one: BreakerView) -> str:
    """Return the colour of a breaker's failure bar: that of its state, calm while it is closed."""
    if one.held is not None:
        return "held"
    return {State.OPEN: "bad", State.HALF_OPEN: "warn"}.get(one.state, "idle")


def percent(rate: float) -> str:
    """Return a rate as people read it; a dash while too few calls are known."""
    if rate < 0:
        return "–"
    return f"{rate:.0f}%" if rate >= 10 or rate == round(rate) else f"{rate:.1f}%"  # noqa: PLR2004


def pace(per_minute: float) -> str:
    """Return calls a minute: exact below ten, because one call in a while is not none."""
    return format_count(round(per_minute)) if per_minute >= 10 else f"{per_minute:.1f}".removesuffix(".0")  # noqa: PLR2004


def alone_names(found: list[BreakerView]) -> str:
    """Return the breakers whose processes each decide by their own window; empty when there are none."""
    return ", ".join(sorted(one.name for one in found if not one.config.is_fleet_wide))


def in_short(description: str) -> str:
    """Return the first part of a description, for a row."""
    return re.split(r"[.:](?:\s|$)", description, maxsplit=1)[0]


def verdict_of(found: list[BreakerView], now: datetime) -> Verdict:
    """Return the sentence over all breakers: the worst one, and how many more."""
    if not found:
        return Verdict("idle", "No process has called through a breaker yet.")
    worst = found[0]
    said = verdict_on(worst, now)
    if worst.state is State.CLOSED and not worst.alone:
        return Verdict("good", f"{plural(len(found), 'breaker')}, all closed: every call is made.")
    others = sum(one.state is not State.CLOSED for one in found[1:])
    more = f"{plural(others, 'other')} {'is' if others == 1 else 'are'} not closed either." if others else ""
    return Verdict(said.tone, said.text, worst.name, said.until, " ".join(filter(None, (said.more, more))))


def verdict_on(one: BreakerView, now: datetime) -> Verdict:
    """Return the sentence on one breaker, its name left out."""
    if one.held is not None:
        who = f" by {one.held.by}" if one.held.by else ""
        why = f"“{one.held.reason}”." if one.held.reason else ""
        what = {
            State.FORCED_OPEN: f"is held open{who}: every call is refused",
            State.DISABLED: f"is held closed{who}: every call is made, nothing is counted",
            State.METRICS_ONLY: f"only measures, as set{who}: every call is made",
        }[one.state]
        return Verdict(
            "held", f"{what}, {'until' if one.held.until else 'until somebody lets go'}", "", one.held.until, why
        )
    if one.state is State.OPEN:
        since = f"has been open for {format_duration((now - one.since).total_seconds())}" if one.since else "is open"
        return Verdict("bad", f"{since}: {cause_of(one)}, so calls are refused.", more=next_try(one, now))
    if one.state is State.HALF_OPEN:
        tries = plural(one.config.probes_needed, "try", "tries")
        back = f"{one.calls} came back, {one.failures} failed"
        return Verdict("warn", f"is half open: {tries} decide, {back}; all other calls are refused.")
    if one.alone:
        rest = plural(len(one.alone), "process", "processes")
        return Verdict(
            "warn", f"is closed, but {rest} of {len(one.reports)} met failures that the others do not, and rests alone."
        )
    if one.is_idle:
        return Verdict("idle", "is not in use now: no process has called through it lately.")
    return Verdict("good", "is closed: every call is made.")


def next_try(one: BreakerView, now: datetime) -> str:
    """Return when an open breaker tries again, in words."""
    if one.open_until is None:
        return ""
    left_s = (one.open_until - now).total_seconds()
    return f"Next try in {format_duration(left_s)}." if left_s >= 1 else "The next call is a try."


def cause_of(one: BreakerView) -> str:
    """Return why a breaker is open, as part of a sentence."""
    figures = {
        Reason.FAILURE_RATE: f"{one.failures} of {one.calls} calls failed",
        Reason.SLOW_CALL_RATE: f"{one.slow} of {one.calls} calls were slow",
        Reason.PROBES_FAILED: f"{one.failures} of {one.calls} tries failed",
        Reason.RETRY_AFTER: "it asked to be left alone for a while",
        Reason.HALF_OPEN_TOO_LONG: "its tries did not come back in time",
        Reason.MANUAL: "it was opened by hand",
    }
    return next((text for reason, text in figures.items() if reason.value == one.reason), "it begins open")


def limits_of(one: BreakerView) -> list[tuple[str, str]]:
    """Return when a breaker opens and closes, as pairs of facts."""
    config = one.config
    seconds = config.sliding_window_type.value == "TIME_BASED"
    window = f"{config.sliding_window_size} s" if seconds else plural(config.sliding_window_size, "call")
    slow = f"{percent(config.slow_call_rate_threshold)} slower than {spell_ms(config.slow_call_duration_threshold_ms)}"
    wait = spell_ms(config.wait_duration_in_open_state_ms)
    if config.exponential_multiplier > 1:
        wait += f", times {config.exponential_multiplier:g} each time, up to {spell_ms(config.longest_wait_ms)}"
    if config.randomized_wait_factor:
        wait += f", give or take {config.randomized_wait_factor * 100:g}%"
    tries = plural(config.permitted_number_of_calls_in_half_open_state, "try", "tries")
    limit = config.max_wait_duration_in_half_open_state_ms
    reach = "all processes together" if config.is_fleet_wide else "each process for itself"
    found = [
        ("Opens at", f"{percent(config.failure_rate_threshold)} failed, or {slow}"),
        ("Window", f"{window}, at least {plural(config.minimum, 'call')}"),
        ("Stays open", wait),
        ("Half open", f"{tries}, {reach}" + (f", at most {spell_ms(limit)}" if limit else "")),
    ]
    if config.minimum_share_of_processes:
        found.append(("Only when", f"{config.minimum_share_of_processes:g}% of the processes see failures"))
    if config.max_concurrent_calls is not None:
        found.append(("At once", f"{plural(config.max_concurrent_calls, 'call')} a process"))
    ignored = ", ".join(dict.fromkeys(one_class.__name__ for one_class in config.ignore_exceptions))
    if ignored:
        found.append(("Not counted", ignored))
    return found


def spell_ms(ms: int) -> str:
    """Return a span as people say it: `250 ms`, `1.5 s`, `18 min`."""
    if ms < TICKS:
        return f"{ms} ms"
    return format_duration(ms / TICKS) if ms % TICKS == 0 else f"{ms / TICKS:g} s"
