"""Before every request: maintenance shuts everybody out but platform admins, `core-api` shuts the JSON addresses.

Both flags are answered from memory. Who asks is only found out while maintenance is on.
"""

from flask import Flask, request
from sqlalchemy.exc import SQLAlchemyError

from app.core.access import Role
from app.core.auth import maybe_principal
from app.core.errors import Problem
from app.flags.gates import Gate, is_open

# What answers whatever is switched: how to come in, what says how things stand, and flags asked by other programs.
ALWAYS_OPEN = ("assets.", "health.", "mobile.")
WAYS_IN = ("/login", "/api/login", "/api/logout", "/logout", "/ofrep/", "/api/health", "/docs/problems")
API_KEEPS = ("/api/degradation/", "/api/login", "/api/logout", "/api/user", "/api/health")


class Maintenance(Problem, code="maintenance", status=503, page="errors/maintenance.html"):
    """Work is being done on this installation. What was confirmed is kept; it comes back by itself as soon as the work is done."""

    retry_after_s: int = 60


class CoreApiOff(Problem, code="core-api-off", status=503):
    """The JSON addresses are switched off. The flag “core-api” decides; sign-in, health, flags and breakers still answer."""

    retry_after_s: int = 60


def close_doors() -> None:
    """Refuse what is switched off.

    Raises:
        Maintenance: Work is done on this installation, and this is no platform admin.
        CoreApiOff: The JSON addresses are switched off.
    """
    endpoint = request.endpoint
    if endpoint is None or endpoint == "static" or endpoint.startswith(ALWAYS_OPEN):
        return
    if is_open(Gate.MAINTENANCE_MODE) and not stands_in(WAYS_IN) and not is_platform_admin():
        raise Maintenance
    if request.path.startswith("/api/") and not is_open(Gate.CORE_API) and not stands_in(API_KEEPS):
        raise CoreApiOff


def stands_in(places: tuple[str, ...]) -> bool:
    """Say whether this address is one of some, or below one."""
    return any(
        request.path == place.rstrip("/") or request.path.startswith(f"{place.rstrip('/')}/") for place in places
    )


def is_platform_admin() -> bool:
    """Say whether a platform admin asks; while the database itself is worked on nobody can be known."""
    try:
        who = maybe_principal()
    except (Problem, SQLAlchemyError):
        return False
    return who is not None and who.role is Role.PLATFORM_ADMIN


def init_doors(app: Flask) -> None:
    """Ask before every request."""
    app.before_request(close_doors)
