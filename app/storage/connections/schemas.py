"""What is sent and answered about connections."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import Answer, Instant, Shape, refuse_nul
from app.storage.models import Connection

Name = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=60)]
Endpoint = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=8, max_length=300)]
BucketName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
AccessKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")]
Secret = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,500}$")]
Key = Annotated[
    str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=1024, strip_whitespace=False)
]
Prefix = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=1024, strip_whitespace=False)]


class NewConnection(Shape):
    """A bucket to look at."""

    name: Name
    endpoint: Endpoint
    region: Region = "us-east-1"
    bucket: BucketName
    access_key: AccessKey
    secret_key: Secret
    path_style: bool = True


class NewSecret(Shape):
    """Another key for the same bucket."""

    access_key: AccessKey
    secret_key: Secret


class BrowseQuery(Shape):
    """Where in a bucket."""

    prefix: Prefix = ""
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class KeyQuery(Shape):
    """Which object."""

    key: Key


class ConnectionOut(Answer):
    """A connection, without its secret."""

    id: str
    name: str
    kind: str
    endpoint: str
    region: str
    bucket: str
    access_key: str
    path_style: bool
    has_secret: bool
    state: str
    error: str
    usage: dict[str, Any] | None
    created_at: Instant
    seen_at: Instant | None
    scanned_at: Instant | None

    @classmethod
    def of(cls, row: Connection) -> "ConnectionOut":
        """Return a row as JSON."""
        where = {name: row.settings[name] for name in ("endpoint", "region", "bucket", "access_key", "path_style")}
        return cls(
            id=row.id, name=row.name, kind=row.kind, has_secret=bool(row.secret), state=row.state, error=row.error,
            usage=row.figures.get("usage"), created_at=row.created_at, seen_at=row.seen_at, scanned_at=row.scanned_at,
            **where,
        )  # fmt: skip


class ConnectionsOut(Answer):
    """All connections, by name."""

    items: list[ConnectionOut]


class ThingOut(Answer):
    """One object."""

    key: str
    size_bytes: int
    etag: str
    modified_at: Instant | None
    storage_class: str


class ThingsOut(Answer):
    """One page of a bucket."""

    prefix: str
    folders: list[str]
    items: list[ThingOut]
    next_cursor: str | None


class BucketAddressOut(Answer):
    """An address that works for a minute, without signing in."""

    url: str
    expires_in_s: int


class ScanQueued(Answer):
    """The job that does it."""

    job_id: str
