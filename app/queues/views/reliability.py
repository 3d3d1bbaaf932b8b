"""What could lose or double jobs here: each rule, how it is kept, what was found, and what to set."""

from collections import Counter
from collections.abc import Sequence

from flask import Response

from app.core import clock, live
from app.core.access import allow
from app.core.present import plural
from app.core.web import is_partial, page
from app.queues.lint import Result, Standing, check_all
from app.queues.views import held, wording
from app.queues.views.blueprint import queues_bp
from app.queues.views.sentences import Verdict

# Standing → tone, icon and word.
LOOKS = {
    Standing.DANGER: ("bad", "octagon-alert", "Broken"),
    Standing.WARNING: ("warn", "triangle-alert", "At risk"),
    Standing.UNKNOWN: ("idle", "circle-dashed", "Not known"),
    Standing.NOTE: ("run", "info", "Could be better"),
    Standing.KEPT: ("good", "circle-check", "Kept"),
}


@queues_bp.get("/reliability")
@allow("queues:read", installation=True)
def show_reliability() -> Response:
    """Judge by every rule now and show the worst first."""
    state = live.state("queues")
    results = check_all()
    return page(
        "queues/reliability_live.html" if is_partial() else "queues/reliability.html",
        live=state, results=results, verdict=verdict_on(results), looks=LOOKS, now_at=clock.now(), wording=wording,
        paused=held.list_held(),
    )  # fmt: skip


def verdict_on(results: Sequence[Result]) -> Verdict:
    """Return the sentence over all rules."""
    count = Counter(one.judged.standing for one in results)
    rules = plural(len(results), "rule")
    if count[Standing.DANGER]:
        broken = count[Standing.DANGER]
        return Verdict(
            "bad", f"Jobs can be lost or done twice: {broken} of {rules} {'is' if broken == 1 else 'are'} broken."
        )
    if count[Standing.WARNING]:
        risky = count[Standing.WARNING]
        return Verdict(
            "warn",
            f"No job is lost or done twice, but {plural(risky, 'thing')} {'needs' if risky == 1 else 'need'} a look: jobs can come late.",
        )
    if count[Standing.UNKNOWN]:
        unknown = count[Standing.UNKNOWN]
        return Verdict("idle", f"Nothing is wrong as far as is known; {unknown} of {rules} could not be judged.")
    return Verdict("good", f"All {rules} are kept: no known way to lose or double a job is open.")
