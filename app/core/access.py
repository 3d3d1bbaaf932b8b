"""The access table: every route names who may use it; a route that names nobody does not start.

Default deny. A permission is `<feature>:<read|write>`; roles hold sets of them, and a token holds a
subset of its user's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask

View = TypeVar("View", bound=Callable[..., Any])


class Role(StrEnum):
    """What a person is inside a company; `platform_admin` is above all companies."""

    PLATFORM_ADMIN = "platform_admin"
    COMPANY_ADMIN = "company_admin"
    STAFF = "staff"
    VIEWER = "viewer"

    @property
    def label(self) -> str:
        """The role in words."""
        return self.value.replace("_", " ")


_VIEWER = frozenset({"orders:read", "inventory:read", "jobs:read", "events:read", "flags:evaluate", "files:read"})
_STAFF = _VIEWER | {"orders:write", "inventory:write", "jobs:write", "files:write"}
_COMPANY = _STAFF | {"users:read", "users:write", "sessions:read", "sessions:write", "company:read", "company:write"}
_COMPANY |= {"tokens:read", "tokens:write", "flags:read", "audit:read", "files:manage"}
_PLATFORM = _COMPANY | {"platform:read", "platform:write", "flags:write", "breakers:read", "breakers:write"}
_PLATFORM |= {"queues:read", "queues:write", "queues:destroy", "storage:read", "storage:write", "storage:destroy"}
_PLATFORM |= {"queries:read", "queries:write", "queries:destroy", "cache:read", "cache:write"}

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.VIEWER: _VIEWER,
    Role.STAFF: _STAFF,
    Role.COMPANY_ADMIN: _COMPANY,
    Role.PLATFORM_ADMIN: _PLATFORM,
}
ALL_PERMISSIONS = _PLATFORM


@dataclass(frozen=True)
class Access:
    """One row of the access table.

    Attributes:
        permission: What is needed; `public` for anyone, `self` for anyone signed in.
        session: False for routes that never load a session (static files, health).
        any_company: True when a platform admin may use it without having chosen a company.
        browser_only: True for acts that no API token may do (its own password, sessions).
        installation: True for what belongs to no tenant (flags, breakers): a platform admin's request acts on
            the installation whatever company is chosen; everybody else stays in their own company.
    """

    permission: str
    session: bool = True
    any_company: bool = False
    browser_only: bool = False
    installation: bool = False


PUBLIC = "public"
SELF = "self"


def allow(
    permission: str,
    *,
    session: bool = True,
    any_company: bool = False,
    browser_only: bool = False,
    installation: bool = False,
) -> Callable[[View], View]:
    """Name who may use a route. Put it directly under the route decorator."""
    if permission not in {PUBLIC, SELF} and permission not in ALL_PERMISSIONS:
        raise ValueError(f"{permission!r} is in no role; add it to app/core/access.py")

    def mark(view: View) -> View:
        view.__access__ = Access(permission, session, any_company, browser_only, installation)  # type: ignore[attr-defined]
        return view

    return mark


def access_of(app: Flask, endpoint: str | None) -> Access | None:
    """Return the row of the access table for an endpoint."""
    view = app.view_functions.get(endpoint or "")
    return getattr(view, "__access__", None)


def check_access_table(app: Flask) -> None:
    """Refuse to start with a route nobody decided about."""
    missing = sorted(name for name in app.view_functions if access_of(app, name) is None)
    if missing:
        raise RuntimeError(f"routes without @allow(...): {', '.join(missing)}")
