"""Rollouts as JSON, for platform admins."""

from flask import Blueprint

from app.core.api import contract
from app.core.shapes import Shape
from app.flags.environments import check_environment
from app.flags.problems import FlagNotFound, UnknownEnvironment
from app.flags.reads.detail import find_flag
from app.flags.rollouts import reads, service
from app.flags.rollouts.plan import Plan
from app.flags.rollouts.problems import (
    NothingToRaise,
    RolloutNotFound,
    RolloutOver,
    RolloutRuns,
    TooEarly,
    UnknownGuard,
    WrongStep,
)
from app.flags.rollouts.schemas import Act, RolloutOut, RolloutsOut, Why

TAG = "Rollouts"
bp = Blueprint("rollouts_api", __name__, url_prefix="/api/degradation")


class Where(Shape):
    """Which environment."""

    environment: str | None = None


@bp.get("/features/<string:key>/rollouts")
@contract(
    scope="flags:write", query=Where, returns={200: RolloutsOut}, problems=[FlagNotFound, UnknownEnvironment], tag=TAG,
    installation=True,
)  # fmt: skip
def list_rollouts(key: str, query: Where) -> RolloutsOut:
    """List a flag's rollouts in one environment, newest first."""
    environment = check_environment(query.environment)
    find_flag(key, environment)
    return RolloutsOut(items=[RolloutOut.model_validate(row) for row in reads.list_rollouts(key, environment)])


@bp.post("/features/<string:key>/rollouts")
@contract(
    scope="flags:write", body=Plan, returns={201: RolloutOut},
    problems=[FlagNotFound, UnknownEnvironment, RolloutRuns, UnknownGuard, NothingToRaise, WrongStep], tag=TAG, installation=True,
)  # fmt: skip
def plan_rollout(key: str, body: Plan) -> RolloutOut:
    """Plan steps, in percent, that raise a flag's share while the guards hold."""
    return RolloutOut.model_validate(service.plan_rollout(key, body))


@bp.get("/rollouts/<string:rollout_id>")
@contract(scope="flags:write", returns={200: RolloutOut}, problems=[RolloutNotFound], tag=TAG, installation=True)
def show_rollout(rollout_id: str) -> RolloutOut:
    """Show one rollout."""
    return RolloutOut.model_validate(reads.find_rollout(rollout_id))


def _act(name: Act) -> None:
    """Serve one act at its own address."""

    @contract(
        scope="flags:write", body=Why, returns={200: RolloutOut},
        problems=[RolloutNotFound, RolloutOver, RolloutRuns, TooEarly, WrongStep], tag=TAG, installation=True,
    )  # fmt: skip
    def act(rollout_id: str, body: Why) -> RolloutOut:
        return RolloutOut.model_validate(service.act_on(rollout_id, name, body.reason))

    act.__doc__ = SENTENCES[name]
    bp.add_url_rule(f"/rollouts/<string:rollout_id>/{name}", f"{name.replace('-', '_')}_rollout", act, methods=["POST"])


SENTENCES: dict[Act, str] = {
    "hold": "Hold a rollout until somebody lets it go on; nobody is switched off.",
    "go-on": "Let a held rollout go on.",
    "roll-back": "Take a rollout back to the share it began from.",
    "cancel": "End a rollout where it stands.",
    "arm": "Begin a rolled back rollout anew, once its cooldown is over.",
}
for _name in SENTENCES:
    _act(_name)
