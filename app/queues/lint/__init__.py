"""The linter of reliability: each known way to lose or double jobs, whether it is shut here, and what to set if not."""

from app.queues.lint import at_rest, at_work
from app.queues.lint.model import RULES, Judged, Result, Rule, Standing, Surroundings
from app.queues.lint.run import check_all, run_rules

__all__ = [
    "RULES",
    "Judged",
    "Result",
    "Rule",
    "Standing",
    "Surroundings",
    "at_rest",
    "at_work",
    "check_all",
    "run_rules",
]
