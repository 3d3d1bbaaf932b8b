"""Rollouts on a flag's page: planned with a form, and held, let go on, rolled back, cancelled, armed again."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from pydantic import ValidationError

from app.breakers.registry import breakers
from app.core import clock
from app.core.access import allow
from app.core.api import dotted
from app.core.broker import QUEUES
from app.core.errors import Problem
from app.core.idempotency import once
from app.core.sentences import explain
from app.core.web import done, page
from app.flags.environments import check_environment
from app.flags.models import FlagRollout
from app.flags.reads.detail import find_flag
from app.flags.rollouts import reads, service
from app.flags.rollouts.decision import LIVE, State
from app.flags.rollouts.form import GUARD_ROWS, UNITS, read_form, shown_form
from app.flags.rollouts.plan import Guard, Plan, Step
from app.flags.rollouts.readings import read_guards
from app.flags.rollouts.verdict import Finding, Verdict, judge, percent

bp = Blueprint("rollouts", __name__, url_prefix="/flags")
ASKED_FIRST = {"go-on", "arm"}  # they let more in
TOASTS = {
    "hold": "The rollout is held.", "go-on": "The rollout goes on.", "roll-back": "The rollout is rolled back.",
    "cancel": "The rollout is cancelled; the share stays where it is.", "arm": "The rollout begins anew.",
}  # fmt: skip
TONES = {
    Finding.WITHIN: ("good", "Within"), Finding.WAITING: ("idle", "Waits for calls"), Finding.UNKNOWN: ("warn", "Not known"),
    Finding.WEATHER: ("bad", "Over"), Finding.VARIANT: ("bad", "Over, the variant"),
}  # fmt: skip


@bp.get("/<string:key>/rollouts/new")
@allow("flags:write", installation=True)
def ask_plan(key: str) -> Response:
    """Show the form of a plan."""
    return form_page(key)


@bp.post("/<string:key>/rollouts")
@allow("flags:write", installation=True)
@once
def plan_rollout(key: str) -> Response:
    """Plan it; a mistake comes back with the form as it was sent."""
    environment = asked_environment()
    try:
        plan = Plan.model_validate({**read_form(request.form), "environment": environment})
        service.plan_rollout(key, plan)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return form_page(key, {dotted(one["loc"]).replace(".", " "): explain(dict(one)) for one in found}, 422)
    except Problem as problem:
        if problem.status == 404:  # noqa: PLR2004
            raise
        return form_page(key, {"plan": problem.sentence}, problem.status)
    return done(flag_address(key, environment), toast=f"The rollout of {key} is planned.")


@bp.get("/<string:key>/rollouts/<string:rollout_id>/<any('go-on','arm'):act>")
@allow("flags:write", installation=True)
def ask_act(key: str, rollout_id: str, act: str) -> Response:
    """Ask before more are let in."""
    row = reads.find_rollout(rollout_id)
    return page(
        "flags/rollout_act.html", panel=panel_of(row), act=act, key=key, back=flag_address(key, row.environment)
    )


@bp.post("/<string:key>/rollouts/<string:rollout_id>/<any('hold','go-on','roll-back','cancel','arm'):act>")
@allow("flags:write", installation=True)
@once
def act_on_rollout(key: str, rollout_id: str, act: str) -> Response:
    """Do what somebody asks of a rollout; what lets more in only after the question."""
    row = reads.find_rollout(rollout_id)
    if act in ASKED_FIRST and not request.form.get("confirmed"):
        back = flag_address(key, row.environment)
        return page("flags/rollout_act.html", status=409, panel=panel_of(row), act=act, key=key, back=back)
    service.act_on(rollout_id, act, request.form.get("reason", "").strip()[:500])
    return done(flag_address(key, row.environment), toast=TOASTS[act])


def newest_panel(key: str, environment: str) -> dict[str, Any] | None:
    """Return what a flag's page shows of its newest rollout; None when it never had one."""
    newest = reads.list_rollouts(key, environment)[:1]
    return panel_of(newest[0]) if newest else None


def panel_of(row: FlagRollout) -> dict[str, Any]:
    """Return a rollout as the page shows it."""
    guards = [Guard.model_validate(one) for one in row.guards]
    steps = [Step.model_validate(one) for one in row.steps]
    is_live = row.state in LIVE
    verdicts = current_verdicts(row, guards) if is_live and row.state != State.PLANNED else []
    return {
        "id": row.id,
        "key": row.flag_key,
        "environment": row.environment,
        "state": row.state,
        "is_live": is_live,
        "steps": [
            {"text": say_step(step), "done": number < row.step, "current": number == row.step - 1}
            for number, step in enumerate(steps)
        ],
        "now": say_step(steps[row.step - 1]) if row.step else "not begun",
        "next": say_step(steps[row.step]) if row.step < len(steps) else None,
        "next_at": row.next_at,
        "held_since": row.held_since,
        "ended_at": row.ended_at,
        "reason": row.verdict.get("reason", ""),
        "by_hand": bool(row.verdict.get("byHand")),
        "cooldown_s": row.cooldown_s,
        "guards": [guard_line(one) for one in verdicts] or kept_lines(row, guards),
        "from": percent((row.started_from or 0) / 100_000),
        "address": url_for("rollouts.ask_plan", key=row.flag_key),
    }


def current_verdicts(row: FlagRollout, guards: list[Guard]) -> list[Verdict]:
    """Return what the guards say at this moment."""
    armed_s = (clock.now() - row.created_at).total_seconds()
    readings = read_guards(row.flag_key, guards, armed_s)
    return [judge(guard, reading) for guard, reading in zip(guards, readings, strict=True)]


def guard_line(verdict: Verdict) -> dict[str, Any]:
    """Return one guard with its figures."""
    guard, reading = verdict.guard, verdict.reading
    tone, word = TONES[verdict.finding]
    if guard.kind == "queue-age":
        on = off = f"{reading.value or 0:.0f} s" if reading.is_known else "–"
    else:
        on, off = (percent(side.rate) if side.calls else "–" for side in (reading.treatment, reading.control))
    return {
        "title": guard.title, "href": guard_address(guard), "tone": tone, "word": word, "on": on, "off": off,
        "limit": limit_text(guard), "note": verdict.sentence,
    }  # fmt: skip


def kept_lines(row: FlagRollout, guards: list[Guard]) -> list[dict[str, Any]]:
    """Return the guards of a plan that watches nothing now, with what they said when it ended."""
    said = {one.get("guard"): one for one in row.verdict.get("guards", [])}
    lines = []
    for guard in guards:
        kept = said.get(guard.title, {})
        tone, word = TONES[Finding(kept["finding"])] if kept else ("idle", "Not watched")
        sides = [kept.get(arm, {"calls": 0, "bad": 0}) for arm in ("treatment", "control")]
        on, off = (percent(side["bad"] / side["calls"]) if side["calls"] else "–" for side in sides)
        lines.append(
            {
                "title": guard.title, "href": guard_address(guard), "tone": tone, "word": word, "on": on, "off": off,
                "limit": limit_text(guard), "note": kept.get("sentence", ""),
            }
        )  # fmt: skip
    return lines


def guard_address(guard: Guard) -> str | None:
    """Return the page of what a guard watches."""
    return f"/breakers/{guard.name}" if guard.kind == "breaker" else None


def limit_text(guard: Guard) -> str:
    """Return a guard's limit as people write it."""
    if guard.kind == "queue-age":
        return f"{guard.limit:g} s"
    return f"{guard.limit:g}%" if guard.kind != "conversion" else f"–{guard.limit:g}%"


def say_step(step: Step) -> str:
    """Return a step in a word or two."""
    words = [] if step.percentage is None else [f"{step.percentage:g}%"]
    if step.enabled is not None:
        words.append("on" if step.enabled else "off")
    return ", ".join(words)


def form_page(key: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    """Return the form, as it was sent or fresh."""
    environment = asked_environment()
    flag = find_flag(key, environment)
    names = [("", "None"), ("requests:failures", "Requests that fail"), ("requests:slow", "Requests over 1 s")]
    names += [(f"breaker:{one.name}", f"Breaker {one.name}") for one in breakers()]
    names += [(f"queue-age:{queue}", f"Queue {queue}, oldest job in seconds") for queue in sorted(QUEUES)]
    return page(
        "flags/rollout_new.html", status=status, one=flag, env=environment, values=shown_form(request.form, flag.scope),
        errors=errors or {}, guard_names=names, guard_rows=range(GUARD_ROWS), units=list(UNITS.items()),
        share_now=f"{flag.percentage / 1000:g}%", action=url_for("rollouts.plan_rollout", key=key, environment=request.args.get("environment")),
        back=flag_address(key, environment),
    )  # fmt: skip


def asked_environment() -> str:
    """Return the environment in the address, or the installation's own."""
    return check_environment(request.args.get("environment") or None)


def flag_address(key: str, environment: str) -> str:
    """Return the flag's page; the environment is only named where it is not the installation's own."""
    own = check_environment(None)
    return url_for("flags.show_flag", key=key, environment=None if environment == own else environment)
