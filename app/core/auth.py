"""Who is asking, and may they. Accounts registers how to find out; core only asks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from flask import Request, current_app, g, request

from app.core import tenancy
from app.core.access import PERMISSIONS, PUBLIC, SELF, Role, access_of
from app.core.context import set_actor
from app.core.errors import CompanyNeeded, Forbidden, NotSignedIn, OpenedElsewhere
from app.core.form_token import SAFE_METHODS, opened_in
from app.core.ids import CompanyId, UserId

OF_NO_COMPANY = {SELF, "platform:read"}  # acts on what is one's own, and on which company one looks at


@dataclass(frozen=True)
class Company:
    """The company a request acts in."""

    id: CompanyId
    slug: str
    name: str
    currency: str = "GBP"
    timezone: str = "Europe/London"


@dataclass(frozen=True)
class Principal:
    """A signed-in person, or a script with that person's token.

    Attributes:
        company: Their own company; None for a platform admin.
        acting_in: The company this request acts in; for a platform admin the chosen one, or None.
        kind: How they came in.
        credential: The session's or token's public id: what a revocation names.
        home_company_id: Where their own row lives; a platform admin's is the platform company.
        scopes: What a token is cut down to; None means all that the role may.
        preferences: theme, density, timezone, keys.
    """

    user_id: UserId
    public_id: str
    email: str
    name: str
    role: Role
    company: Company | None
    acting_in: Company | None
    kind: Literal["session", "token", "ticket"]
    credential: str
    home_company_id: CompanyId
    scopes: frozenset[str] | None = None
    limit_per_min: int | None = None
    preferences: dict[str, Any] = field(default_factory=dict)

    def may(self, permission: str) -> bool:
        """Say whether the role, cut by the token's scopes, holds a permission."""
        if permission not in PERMISSIONS[self.role]:
            return False
        return self.scopes is None or permission in self.scopes

    @property
    def permissions(self) -> frozenset[str]:
        """All they may do."""
        held = PERMISSIONS[self.role]
        return held if self.scopes is None else held & self.scopes

    def as_actor(self) -> dict[str, Any]:
        """How a fact names them."""
        return {"kind": "token" if self.kind == "token" else "user", "id": self.public_id, "name": self.name}


Authenticator = Callable[[Request], Principal | None]
_authenticators: list[Authenticator] = []


def authenticator(function: Authenticator) -> Authenticator:
    """Register how a request is turned into a principal (accounts does, once)."""
    _authenticators.append(function)
    return function


def principal() -> Principal:
    """Return who asks.

    Raises:
        NotSignedIn: Nobody does.
    """
    found = maybe_principal()
    if found is None:
        raise NotSignedIn
    return found


def maybe_principal() -> Principal | None:
    """Return who asks, or None. Looked up once per request, and only when asked."""
    if "principal" not in g:
        g.principal = next((found for find in _authenticators if (found := find(request)) is not None), None)
    return cast("Principal | None", g.principal)


def company() -> Company:
    """Return the company this request acts in.

    Raises:
        CompanyNeeded: A platform admin has chosen none.
    """
    acting_in = principal().acting_in
    if acting_in is None:
        raise CompanyNeeded
    return acting_in


def can(permission: str) -> bool:
    """Say whether the person asking may do something; for templates."""
    found = maybe_principal()
    return found is not None and found.may(permission)


def authorize() -> None:
    """Check the access table for this request, and set the scope of its database session.

    Runs before every view. An unknown address is left to the 404 page, but only after the session is not
    needed for it.
    """
    access = access_of(current_app, request.endpoint)
    if access is None or access.permission == PUBLIC:
        return
    who = principal()
    if access.permission != SELF and not who.may(access.permission):
        raise Forbidden(permission=access.permission)
    if access.permission not in OF_NO_COMPANY and who.kind == "session" and request.method not in SAFE_METHODS:
        refuse_elsewhere(who)
    if access.browser_only and who.kind != "session":
        raise Forbidden(permission="a browser session")
    set_actor(who.as_actor())
    if access.installation and who.company is None:
        tenancy.enter(tenancy.Scope("app", who.home_company_id))
    elif who.acting_in is not None:
        tenancy.enter(tenancy.Scope("app", who.acting_in.id))
    elif access.any_company:
        tenancy.enter(tenancy.Scope("platform"))
    elif access.permission != SELF:
        raise CompanyNeeded


def refuse_elsewhere(who: Principal) -> None:
    """Refuse what was filled in for one company and would now be done to another.

    Raises:
        OpenedElsewhere: It was opened for another company than the one chosen meanwhile.
    """
    opened, now = opened_in(), who.acting_in.slug if who.acting_in is not None else ""
    if opened is not None and opened != now:
        raise OpenedElsewhere(opened=opened or "all companies", now=now or "all companies")
