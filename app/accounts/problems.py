"""What can go wrong with accounts, each with its own sentence."""

from app.core.errors import Problem, TooManyFailures


class WrongCredentials(Problem, code="wrong-credentials", status=401):
    """E-mail and password do not match. Check both, or ask for a link to set a new password."""


class CodeNeeded(Problem, code="code-needed", status=401):
    """A code from your authenticator is needed. Send it as "code" with e-mail and password."""


class SignInsOff(Problem, code="authentication-off", status=503):
    """New sign-ins are switched off for now. Who is signed in stays so; ask the people who run this installation when they are on again."""


class WrongCode(Problem, code="wrong-code", status=401):
    """This code is not right, or was used before. Take the one shown now, or a recovery code."""


class TooManySignIns(TooManyFailures, code="too-many-sign-ins", status=429):
    """Too many failed sign-ins. Try again in {wait}."""


class TooManyCodes(TooManyFailures, code="too-many-codes", status=429):
    """Too many wrong codes. Try again in {wait}."""


class TooManyResets(TooManyFailures, code="too-many-resets", status=429):
    """Too many links for a new password were asked for from your address. Try again in {wait}."""


class LinkExpired(Problem, code="link-expired", status=410):
    """This link is used up or too old. Ask for a new one; only the newest works."""


class EmailTaken(Problem, code="email-taken", status=409):
    """There is an account with this address already, and an address has one account. Sign in with it, or ask to be invited with another address."""


class CannotInvite(Problem, code="cannot-invite", status=409):
    """This address cannot be invited. It has an account already, and an address has one account; invite another address."""


class TooManyInvitations(TooManyFailures, code="too-many-invitations", status=429):
    """Too many addresses that cannot be invited. Try again in {wait}."""


class SlugTaken(Problem, code="slug-taken", status=409):
    """The short name {slug} is taken. Choose another one."""

    slug: str


class LastAdmin(Problem, code="last-admin", status=409):
    """The last admin cannot be removed. Make somebody else an admin first."""


class NotYourself(Problem, code="not-yourself", status=409):
    """You cannot do this to your own account. Ask another admin."""


class WrongPassword(Problem, code="wrong-password", status=403):
    """The current password is not right. Nothing was changed."""


class PasswordTooCommon(Problem, code="password-too-common", status=422):
    """This password is too easy to guess. Use ten characters or more that nobody would try first."""


class ScopeTooWide(Problem, code="scope-too-wide", status=403):
    """A token may not hold more than its person. Take away {scope}."""

    scope: str


class UnknownScope(Problem, code="unknown-scope", status=422):
    """There is no scope {scope}. Scopes look like orders:read."""

    scope: str


class SecondFactorOn(Problem, code="second-factor-on", status=409):
    """The second factor is on already. Switch it off before setting it up anew."""


class SecondFactorNotBegun(Problem, code="second-factor-not-begun", status=409):
    """There is nothing to confirm. Begin the set-up again."""


class ReasonNeeded(Problem, code="reason-needed", status=422):
    """Say why. The reason is kept with what was done."""


class RoleNotHere(Problem, code="role-not-here", status=422):
    """The role {role} does not exist in this company. Platform admins belong to the platform."""

    role: str
