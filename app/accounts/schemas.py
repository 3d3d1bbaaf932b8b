"""What accounts take, for forms and JSON alike. What they answer stands in answers.py."""

from typing import Annotated, Literal
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints, WithJsonSchema

from app.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from app.core.access import Role
from app.core.shapes import OptionalText, Shape, Text, refuse_nul

COMMON = frozenset(
    {"password12", "1234567890", "qwertyuiop", "passwordpassword", "0123456789", "quarterdeck", "letmein123"}
)


def check_email(text: str) -> str:
    """Return an address as it is written, or say why it is none. No mail server is asked."""
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise ValueError("is no e-mail address; write it like name@example.com") from None


def check_zone(text: str) -> str:
    """Return a time zone's name, or say that nobody knows it."""
    if text not in available_timezones():
        raise ValueError("is no time zone; write it like Europe/London")
    return text


def check_guessable(text: str) -> str:
    """Refuse what is tried first."""
    if text.lower() in COMMON or len(set(text)) < 4:  # noqa: PLR2004 (aaaaaaaaaa)
        raise ValueError("is too easy to guess")
    return text


def as_typed(value: object) -> str:
    """Return a password exactly as it was typed: a Shape strips other texts, even where a constraint says not to."""
    if not isinstance(value, str) or not value:
        raise ValueError("is needed")
    if len(value) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH} characters")
    return str(refuse_nul(value))


def check_new(value: object) -> str:
    """Return a password to set. Length counts, no rules of characters (NIST SP 800-63B)."""
    text = as_typed(value)
    if len(text) < MIN_LENGTH:
        raise ValueError(f"is shorter than {MIN_LENGTH} characters")
    return check_guessable(text)


Email = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=254), AfterValidator(check_email)]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(check_zone)]
GivenPassword = Annotated[
    str, PlainValidator(as_typed), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_LENGTH})
]
NewPassword = Annotated[
    str, PlainValidator(check_new), WithJsonSchema({"type": "string", "minLength": MIN_LENGTH, "maxLength": MAX_LENGTH})
]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Code = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=6, max_length=20)]
ReasonText = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=500)]
CompanyType = Literal["practice", "lab", "supplier", "retailer"]


class Login(Shape):
    """E-mail and password, and a code where a second factor is on."""

    email: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=254)]
    password: GivenPassword
    code: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=20)] = ""


class LoginForm(Login):
    """The page's form."""

    keep: bool = False
    next: OptionalText = ""


class CodeForm(Shape):
    """A code of the authenticator, or a recovery code."""

    code: Code


class ResetRequest(Shape):
    """Whose password is forgotten."""

    email: Email


class NewPasswordForm(Shape):
    """The password to set by a mailed link."""

    password: NewPassword


class Acceptance(Shape):
    """Accepting an invitation."""

    name: Text
    password: NewPassword


class PasswordChange(Shape):
    """The password of now and the next one."""

    current: GivenPassword
    new: NewPassword


class PasswordProof(Shape):
    """The current password, asked for again."""

    password: GivenPassword


class Preferences(Shape):
    """How one likes to see the console; only what is sent is changed."""

    theme: Literal["", "light", "dark"] | None = None
    density: Literal["", "compact", "roomy"] | None = None
    timezone: Zone | Literal[""] | None = None
    keys: bool | None = None
    notify_by_mail: bool | None = None


class Profile(Shape):
    """One's own name and ways of seeing."""

    name: Text
    timezone: Zone | Literal[""] = ""
    theme: Literal["", "light", "dark"] = ""
    density: Literal["", "compact", "roomy"] = ""
    keys: bool = False


class CompanyChange(Shape):
    """The rules of a company."""

    name: Text
    timezone: Zone
    allow_backorder: bool = False


class NewCompany(Shape):
    """A company to make."""

    slug: Slug
    name: Text
    type: CompanyType = "retailer"
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "GBP"
    timezone: Zone = "Europe/London"


class CompanyChoice(Shape):
    """The company a platform admin wants to act in, empty for none; and the page to come back to."""

    company: OptionalText = ""
    next: OptionalText = ""


class NewInvitation(Shape):
    """Somebody to ask."""

    email: Email
    role: Role


class RoleChange(Shape):
    """Another role."""

    role: Role


class Reason(Shape):
    """Why something is taken away."""

    reason: ReasonText = ""


class NewToken(Shape):
    """A token to make. Without scopes it may what its person may."""

    name: Text
    scopes: Annotated[list[Text], Field(max_length=50)] | None = None
    limit_per_min: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class Paging(Shape):
    """A page of a list."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[str, StringConstraints(max_length=400)] = ""


class SessionQuery(Paging):
    """Whose sessions: one's own, or with everyone=true those of the company."""

    everyone: bool = False


class ReasonQuery(Shape):
    """Why something of somebody else is taken away."""

    reason: ReasonText = ""


class CompanyQuery(Paging):
    """Companies whose short name begins like this."""

    q: OptionalText = ""
