"""Breakers over JSON, at the addresses of the brief, and a few of ours."""

from flask import Blueprint

from app.breakers import reads, service
from app.breakers.answers import acted_of, circuits_of, detail_of, transition_of
from app.breakers.problems import BreakerNotFound, ExpiryTooFar
from app.breakers.schemas import (
    ActedOut,
    ActOnBreaker,
    CircuitDetail,
    CircuitsOut,
    CloseBreaker,
    ConfigureBreaker,
    HoldBreaker,
    ListTransitions,
    TransitionsOut,
)
from app.breakers.states import State
from app.core.api import contract
from app.core.errors import InvalidCursor, InvalidInput, VersionConflict

api_bp = Blueprint("breakers_api", __name__, url_prefix="/api/degradation/circuits")
READ, WRITE, TAG = "breakers:read", "breakers:write", "Breakers"
HOLDING = [BreakerNotFound, ExpiryTooFar]


@api_bp.get("")
@contract(scope=READ, returns={200: CircuitsOut}, tag=TAG, installation=True)
def list_circuits() -> CircuitsOut:
    """List all breakers, worst first."""
    return circuits_of(reads.list_breakers())


@api_bp.get("/<string:name>")
@contract(scope=READ, returns={200: CircuitDetail}, problems=[BreakerNotFound], tag=TAG, installation=True)
def show_circuit(name: str) -> CircuitDetail:
    """Show one breaker with its settings, what each process reports, and who calls."""
    return detail_of(reads.find_breaker(name), reads.callers_of(name))


@api_bp.get("/<string:name>/transitions")
@contract(
    scope=READ,
    query=ListTransitions,
    returns={200: TransitionsOut},
    problems=[BreakerNotFound, InvalidCursor],
    tag=TAG,
    installation=True,
)
def list_transitions(name: str, query: ListTransitions) -> TransitionsOut:
    """List what a breaker did, newest first."""
    reads.must_exist(name)
    found = reads.list_transitions(name, limit=query.limit, after=query.after)
    return TransitionsOut(items=[transition_of(row) for row in found.items], next_cursor=found.next_cursor)


@api_bp.post("/<string:name>/reset")
@contract(
    scope=WRITE,
    body=ActOnBreaker,
    returns={200: ActedOut},
    problems=[BreakerNotFound],
    tag=TAG,
    installation=True,
)
def reset_circuit(name: str, body: ActOnBreaker) -> ActedOut:
    """Let go of a breaker if somebody holds it, close it in all processes and empty its window."""
    return acted_of(service.reset_breaker(name, reason=body.reason), State.CLOSED)


@api_bp.post("/<string:name>/open")
@contract(
    scope=WRITE, body=HoldBreaker, returns={200: ActedOut}, problems=HOLDING, tag=TAG, installation=True
)  # fmt: skip
def open_circuit(name: str, body: HoldBreaker) -> ActedOut:
    """Refuse all calls for a time, an hour unless said otherwise."""
    return acted_of(service.open_breaker(name, for_s=body.for_s, reason=body.reason), State.CLOSED)


@api_bp.post("/<string:name>/close")
@contract(
    scope=WRITE, body=CloseBreaker, returns={200: ActedOut}, problems=HOLDING, tag=TAG, installation=True
)  # fmt: skip
def close_circuit(name: str, body: CloseBreaker) -> ActedOut:
    """Without `forS` the same as reset: let go and begin afresh in CLOSED. With `forS` hold it closed (DISABLED) for so long."""
    return acted_of(service.close_breaker(name, for_s=body.for_s, reason=body.reason), State.CLOSED)


@api_bp.post("/<string:name>/disable")
@contract(
    scope=WRITE, body=HoldBreaker, returns={200: ActedOut}, problems=HOLDING, tag=TAG, installation=True
)  # fmt: skip
def disable_circuit(name: str, body: HoldBreaker) -> ActedOut:
    """Let all calls through and count nothing, for a time."""
    return acted_of(service.disable_breaker(name, for_s=body.for_s, reason=body.reason), State.CLOSED)


@api_bp.post("/<string:name>/metrics-only")
@contract(
    scope=WRITE, body=HoldBreaker, returns={200: ActedOut}, problems=HOLDING, tag=TAG, installation=True
)  # fmt: skip
def measure_circuit(name: str, body: HoldBreaker) -> ActedOut:
    """Let all calls through and keep counting, for a time."""
    return acted_of(service.only_measure(name, for_s=body.for_s, reason=body.reason), State.CLOSED)


@api_bp.put("/<string:name>/config")
@contract(
    scope=WRITE,
    body=ConfigureBreaker,
    returns={200: ActedOut},
    problems=[BreakerNotFound, InvalidInput, VersionConflict],
    tag=TAG,
    installation=True,
)
def configure_circuit(name: str, body: ConfigureBreaker) -> ActedOut:
    """Change when a breaker opens, in every process."""
    row = service.configure_breaker(name, body.config, version=body.version, reason=body.reason)
    return acted_of(row, reads.state_here(name))
