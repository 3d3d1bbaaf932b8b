"""Judging by the rules."""

from app.queues.lint.look import look_around
from app.queues.lint.model import RULES, Result, Surroundings


def check_all() -> list[Result]:
    """Look at everything now and return every rule with how it is kept, the worst first."""
    return run_rules(look_around())


def run_rules(around: Surroundings, *, at_start: bool = False) -> list[Result]:
    """Judge what is given.

    Args:
        around: What the rules look at.
        at_start: Only rules about settings.
    """
    found = [Result(rule, rule.judge(around)) for rule in RULES.values() if rule.at_start or not at_start]
    return sorted(found, key=lambda result: result.severity)
