"""Failures that are alike: how many, since when, since which release, and what can be done about all of them."""

from typing import Any

from flask import Response, request, url_for

from app.core.access import allow
from app.core.auth import principal
from app.core.idempotency import once
from app.core.tenancy import current_scope
from app.core.web import done, page
from app.queues.acting import in_installation
from app.queues.failures import list_groups, mute_group
from app.queues.views.blueprint import bp

WINDOWS = {"1h": "Last hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}


@bp.get("/jobs/failures")
@allow("jobs:read", any_company=True)
def list_failures() -> Response:
    """Show the groups of a window, most failures first."""
    wanted = request.args.get("window", "24h")
    window = wanted if wanted in WINDOWS else "24h"
    is_muted = request.args.get("muted") == "1"
    return page(
        "jobs/failures.html", block="groups", groups=list_groups(window, principal().permissions, muted=is_muted),
        window=window, windows=choices(window, is_muted=is_muted), is_muted=is_muted,
        is_everywhere=current_scope().role == "platform", words=WINDOWS[window].lower(),
    )  # fmt: skip


def choices(window: str, *, is_muted: bool) -> list[dict[str, Any]]:
    """Return the windows to choose from."""
    muted = "1" if is_muted else None
    return [
        {"label": label, "href": url_for("jobs.list_failures", window=name, muted=muted), "current": name == window}
        for name, label in WINDOWS.items()
    ]


@bp.post("/jobs/failures/<string:signature>/mute")
@allow("jobs:write", any_company=True)
@in_installation
@once
def create_mute(signature: str) -> Response:
    """Leave it out until another release has it again."""
    mute_group(signature, is_muted=True, allowed=principal().permissions)
    return done(
        url_for("jobs.list_failures"), toast="Muted until another release fails so.",
        undo=url_for("jobs.end_mute", signature=signature),
    )  # fmt: skip


@bp.post("/jobs/failures/<string:signature>/unmute")
@allow("jobs:write", any_company=True)
@in_installation
@once
def end_mute(signature: str) -> Response:
    """Show it again."""
    mute_group(signature, is_muted=False, allowed=principal().permissions)
    return done(url_for("jobs.list_failures"), toast="Shown again.")
