"""What the accounts' JSON answers."""

from app.core.access import Role
from app.core.shapes import Answer, Instant


class CompanyRef(Answer):
    """A company by its short name."""

    slug: str
    name: str


class UserOut(Answer):
    """Who one is."""

    email: str
    name: str
    role: Role
    company: CompanyRef | None


class SignedIn(Answer):
    """The answer to a sign-in."""

    user: UserOut


class MemberOut(Answer):
    """A person of the company."""

    id: str
    email: str
    name: str
    role: Role
    is_active: bool
    last_seen_at: Instant | None
    created_at: Instant


class MemberList(Answer):
    """People of the company."""

    items: list[MemberOut]
    next_cursor: str | None


class SessionOut(Answer):
    """A signed-in browser. Its id names it for revocation and opens nothing."""

    id: str
    email: str
    user_agent: str
    ip: str
    created_at: Instant
    last_seen_at: Instant
    expires_at: Instant
    is_current: bool


class SessionList(Answer):
    """Open sessions, newest first."""

    items: list[SessionOut]
    next_cursor: str | None


class RevokedOut(Answer):
    """How many sessions ended."""

    revoked: int


class TokenOut(Answer):
    """An API token, without its secret."""

    id: str
    name: str
    prefix: str
    email: str
    scopes: list[str] | None
    limit_per_min: int | None
    created_at: Instant
    last_used_at: Instant | None
    expires_at: Instant | None


class TokenCreatedOut(TokenOut):
    """A new API token with its secret, which is shown this once."""

    token: str


class TokenList(Answer):
    """API tokens in force, newest first."""

    items: list[TokenOut]
    next_cursor: str | None


class InvitationOut(Answer):
    """An open invitation."""

    id: str
    email: str
    role: Role
    created_at: Instant
    expires_at: Instant


class InvitationList(Answer):
    """Open invitations, newest first."""

    items: list[InvitationOut]
    next_cursor: str | None


class CompanyOut(Answer):
    """A company."""

    slug: str
    name: str
    type: str
    currency: str
    timezone: str
    created_at: Instant


class CompanyList(Answer):
    """Companies, by short name."""

    items: list[CompanyOut]
    next_cursor: str | None


class TicketOut(Answer):
    """A minute's pass to a socket."""

    ticket: str
    expires_at: Instant


class CompanyRulesOut(Answer):
    """The company one acts in, and its rules."""

    slug: str
    name: str
    type: str
    currency: str
    timezone: str
    allow_backorder: bool


class EnrolmentOut(Answer):
    """What an authenticator needs; good until it is confirmed or begun again."""

    secret: str
    uri: str


class RecoveryCodesOut(Answer):
    """Codes that stand in for a lost phone, shown this once."""

    recovery_codes: list[str]
