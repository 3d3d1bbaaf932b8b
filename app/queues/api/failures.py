"""Failures that are alike, over JSON."""

from app.core.api import contract
from app.core.auth import principal
from app.core.errors import NotFound
from app.queues.acting import in_installation
from app.queues.api.blueprint import api_bp
from app.queues.failures import list_groups, mute_group
from app.queues.schemas import FailureQuery, FailuresOut, GroupOut


@api_bp.get("/failures")
@contract(scope="jobs:read", query=FailureQuery, returns={200: FailuresOut}, tag="Jobs", any_company=True)
def list_failures(query: FailureQuery) -> FailuresOut:
    """List groups of failures that are alike, most jobs first."""
    found = list_groups(query.window, principal().permissions, muted=query.muted)
    return FailuresOut(items=[GroupOut.of(group) for group in found])


@api_bp.put("/failures/<string:signature>/mute")
@in_installation
@contract(scope="jobs:write", returns={200: None}, problems=[NotFound], tag="Jobs", any_company=True)
def mute_failures(signature: str) -> None:
    """Leave a group out of lists until another release has it again."""
    mute_group(signature, is_muted=True, allowed=principal().permissions)


@api_bp.delete("/failures/<string:signature>/mute")
@in_installation
@contract(scope="jobs:write", returns={200: None}, problems=[NotFound], tag="Jobs", any_company=True)
def unmute_failures(signature: str) -> None:
    """Show a group again."""
    mute_group(signature, is_muted=False, allowed=principal().permissions)
