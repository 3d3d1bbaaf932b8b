"""Who the database thinks we are: one company, a platform reader, or nobody.

Row-level security is the truth: the policies compare `company_id` with the transaction-local setting
`qd.company_id`. Nothing set means no rows. The scope is a context variable, so a greenlet, a job and a
test each have their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from app.core.ids import CompanyId

Role = Literal["app", "platform", "system"]


@dataclass(frozen=True)
class Scope:
    """What the next transaction may see.

    Attributes:
        role: Which database login is used. `platform` reads every company and writes nothing;
            `system` is the relay's.
        company_id: The company of the app role; None sees no rows.
    """

    role: Role = "app"
    company_id: CompanyId | None = None


NOBODY = Scope()
_scope: ContextVar[Scope] = ContextVar("scope", default=NOBODY)


class ScopeChangedInTransaction(RuntimeError):
    """A transaction was begun for one company and used for another: a bug, never a user's mistake."""


def current_scope() -> Scope:
    """Return the scope of this context."""
    return _scope.get()


def current_company_id() -> CompanyId:
    """Return the company this context acts in.

    Raises:
        CompanyNeeded: Nobody's company is set, as for a platform admin who has chosen none.
    """
    from app.core.errors import CompanyNeeded

    company_id = _scope.get().company_id
    if company_id is None:
        raise CompanyNeeded
    return company_id


def enter(scope: Scope) -> None:
    """Set the scope for the rest of this context (a request); `acting_for` is the form with an end."""
    _scope.set(scope)


@contextmanager
def scoped(scope: Scope) -> Iterator[None]:
    """Act in another scope for a while, in a database session of its own."""
    from app.core.db import fresh_session

    token = _scope.set(scope)
    try:
        with fresh_session():
            yield
    finally:
        _scope.reset(token)


@contextmanager
def acting_for(company_id: CompanyId | int) -> Iterator[None]:
    """Act inside one company, as jobs, commands and the live layer do."""
    with scoped(Scope("app", CompanyId(company_id))):
        yield


@contextmanager
def platform_reads() -> Iterator[None]:
    """Read across companies, with the read-only platform login. Callers filter explicitly."""
    with scoped(Scope("platform")):
        yield


@contextmanager
def system_work() -> Iterator[None]:
    """Work as the relay or the collector, which own policies on their own tables only."""
    with scoped(Scope("system")):
        yield
