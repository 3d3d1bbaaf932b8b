"""What happens to accounts. Topic `accounts` of the person's own company; the live layer drops sockets by it."""

from app.core.access import Role
from app.core.outbox import Fact


class SessionRevoked(Fact, type="session.revoked", topic="accounts"):
    """A credential stopped being good: whoever came in with it must go within a second.

    Attributes:
        credential: The session's or token's public id, as `Principal.credential`.
        user: Public id of its person.
        kind: `session` or `token`.
        reason: Why; `switched` when a platform admin went to another company.
    """

    credential: str
    user: str
    kind: str
    reason: str


class UserChanged(Fact, type="user.changed", topic="accounts"):
    """A person's role or standing changed: everything they hold open must be looked at again.

    Attributes:
        user: Public id.
        is_active: False when they may no longer come in.
        change: What was done: `created`, `role`, `deactivated`, `reactivated`, `password`, `second-factor`.
    """

    user: str
    role: Role
    is_active: bool
    change: str


class UserInvited(Fact, type="user.invited", topic="accounts"):
    """Somebody was asked to join the company."""

    invitation: str
    email: str
    role: Role


class TokenCreated(Fact, type="token.created", topic="accounts"):
    """A script got a key."""

    token: str
    name: str
    user: str


class CompanyChanged(Fact, type="company.changed", topic="accounts"):
    """The company's name, time zone or rules changed."""

    slug: str
    before: dict[str, str]
    after: dict[str, str]
