"""Every mistake a person or a script can make is a Problem: a code, a status, a sentence, and typed fields.

One renderer makes of it a page, a fragment or an `application/problem+json` document (RFC 9457).
"""

import dataclasses
from datetime import datetime
from typing import Any, ClassVar, dataclass_transform

MINUTE_S = 60
CATALOGUE: dict[str, type["Problem"]] = {}


@dataclass_transform(kw_only_default=True, eq_default=False)
class Problem(Exception):
    """Something could not be done. The docstring of a subclass is the sentence people read.

    `{field}` in the docstring is replaced by the field's value. The first sentence is the title,
    the rest says what to do.
    """

    code: ClassVar[str] = "problem"
    status: ClassVar[int] = 500
    headers: ClassVar[tuple[str, ...]] = ()
    page: ClassVar[str] = "errors/page.html"

    def __init_subclass__(cls, *, code: str, status: int, page: str = "errors/page.html", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.code, cls.status, cls.page = code, status, page
        dataclasses.dataclass(kw_only=True, eq=False)(cls)
        CATALOGUE[code] = cls

    @property
    def fields(self) -> dict[str, Any]:
        """The typed facts of this mistake."""
        if not dataclasses.is_dataclass(self):
            return {}
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @property
    def sentence(self) -> str:
        """The whole human text, values filled in."""
        text = " ".join((self.__doc__ or "").split())
        return text.format(**{name: getattr(value, "value", value) for name, value in self.fields.items()})

    @property
    def title(self) -> str:
        """The first sentence: what is wrong."""
        return self.sentence.split(". ")[0].rstrip(".") + "."

    @property
    def detail(self) -> str:
        """What follows the first sentence: why, and what to do."""
        head, _, rest = self.sentence.partition(". ")
        return rest or head.rstrip(".") + "."

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence}"


class NotSignedIn(Problem, code="not-signed-in", status=401):
    """You are not signed in. Sign in, or send an API token as "Authorization: Bearer …"."""


class Forbidden(Problem, code="forbidden", status=403):
    """You may not do this here. It needs the permission {permission}; ask an admin of your company."""

    permission: str


class CrossSite(Problem, code="cross-site-request", status=403):
    """This request came from another site. Open the page here and send the form again."""


class NotFound(Problem, code="not-found", status=404):
    """There is nothing here. It may have been removed, or it belongs to another company."""


class CompanyNeeded(Problem, code="company-needed", status=409):
    """Choose a company first. This is done inside one company, and you see all of them: a script names it with the parameter companyId, which takes its short name, a person chooses it in the top bar."""


class OpenedElsewhere(Problem, code="opened-elsewhere", status=409):
    """Nothing was changed: this page was opened for {opened}, and you act in {now} now, which you chose in another tab or window. Open the page again, or choose the other company first."""

    opened: str
    now: str


class InvalidInput(Problem, code="invalid-input", status=422):
    """Some of what was sent cannot be used. Each field below says why."""

    errors: list[dict[str, str]]


class MalformedBody(Problem, code="malformed-body", status=400):
    """The body cannot be read. {reason}"""

    reason: str


class UnsupportedMediaType(Problem, code="unsupported-media-type", status=415):
    """This address takes {expected}. Send that Content-Type."""

    expected: str


class BodyTooLarge(Problem, code="body-too-large", status=413):
    """The body is too large. The most this address takes is {limit_bytes} bytes."""

    limit_bytes: int


class MethodNotAllowed(Problem, code="method-not-allowed", status=405):
    """This address does not answer to that method. It answers to {allowed}."""

    allowed: str


class VersionConflict(Problem, code="version-conflict", status=409):
    """Somebody changed this meanwhile. You worked on version {yours}, it is now version {current}; look at what changed and decide again."""

    yours: int
    current: int
    changed: dict[str, Any]
    changed_by: str | None = None
    changed_at: datetime | None = None


class InvalidCursor(Problem, code="invalid-cursor", status=400):
    """This page position cannot be read. Start again without "after"."""


class TooManyRequests(Problem, code="too-many-requests", status=429):
    """Too many requests. The limit {limit} is used up; try again in {retry_after_s} s."""

    limit: str
    retry_after_s: int


class TooManyFailures(TooManyRequests, code="too-many-failures", status=429):
    """Too many failed tries. Try again in {wait}."""

    @property
    def sentence(self) -> str:
        """The whole human text, with the wait as people say it."""
        return " ".join((self.__doc__ or "").split()).format(wait=in_words(self.retry_after_s))


def in_words(seconds: int) -> str:
    """Return a wait, never shorter than it is: `42 seconds`, `14 minutes`."""
    count, unit = (seconds, "second") if seconds < MINUTE_S else (-(-seconds // MINUTE_S), "minute")
    return f"{count} {unit}{'' if count == 1 else 's'}"


class DatabaseAway(Problem, code="database-away", status=503):
    """The database does not answer. Nothing was changed; this page comes back by itself as soon as it does."""

    retry_after_s: int = 2


class Unexpected(Problem, code="unexpected", status=500):
    """Something broke on our side. Nothing was half-done; the request id below finds it in the logs."""


class BadRequest(Problem, code="bad-request", status=400):
    """This request cannot be read. {reason}"""

    reason: str
