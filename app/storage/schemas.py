"""Files as JSON."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import Answer, Instant, Shape, refuse_nul
from app.storage.states import Category, State, Visibility

MOST_PARTS_ASKED = 100
MOST_SIGNED_S = 604_800
Name = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=4096)]
Digest = Annotated[str, StringConstraints(to_lower=True, pattern=r"^([0-9A-Fa-f]{64})?$")]
ContentType = Annotated[str, StringConstraints(max_length=200, pattern=r"^[ -~]*$")]
Subject = Annotated[str, StringConstraints(max_length=100, pattern=r"^([a-z-]+:[A-Za-z0-9._-]+)?$")]


class SentCategory(StrEnum):
    """The folders people send files into; reports and backups are made here."""

    PRODUCTS = "products"
    PROFILES = "profiles"
    DOCUMENTS = "documents"
    EXPORTS = "exports"
    TEMP = "temp"

    @property
    def category(self) -> Category:
        """The folder, as files know it."""
        return Category(self.value)


class SendQuery(Shape):
    """How a file sent as the body is named, and what it is for."""

    name: Name
    category: SentCategory
    visibility: Visibility = Visibility.PRIVATE
    sha256: Digest = ""


class Reservation(Shape):
    """A file to be sent in a further request.

    Attributes:
        content_type: As the sender knows it; what counts is what the bytes are.
        sha256: In hexadecimal digits; with it the provider itself can refuse other bytes.
        in_parts: Left out, files above 64 MiB go in parts.
    """

    name: Name
    category: SentCategory
    size_bytes: int = Field(ge=0, le=1 << 53)
    content_type: ContentType = ""
    sha256: Digest = ""
    visibility: Visibility = Visibility.PRIVATE
    in_parts: bool | None = None


class PartNumbers(Shape):
    """Which parts to sign."""

    numbers: list[Annotated[int, Field(ge=1, le=10_000)]] = Field(min_length=1, max_length=MOST_PARTS_ASKED)


class SignedUrlIn(Shape):
    """How long an address is good, and whether a browser may show what it fetches."""

    expires_s: int | None = Field(None, ge=1, le=MOST_SIGNED_S)
    inline: bool = False


class FetchQuery(Shape):
    """Shown in the browser instead of saved, where that is safe."""

    inline: bool = False


class FilesQuery(Shape):
    """Which files, newest first."""

    category: Category | None = None
    state: State = State.READY
    subject: Subject = ""
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=300)


class FileOut(Answer):
    """One file. `publicUrl` is there for public files alone."""

    id: str
    file_name: str
    category: str
    content_type: str
    size_bytes: int
    sha256: str
    state: str
    visibility: str
    subject: str
    created_at: Instant
    ready_at: Instant | None
    expires_at: Instant | None
    purge_at: Instant | None
    url: str
    public_url: str | None


class FilesOut(Answer):
    """A page of files, newest first."""

    items: list[FileOut]
    next_cursor: str | None


class SignedOut(Answer):
    """An address that works by itself; send these headers with it, exactly."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: Instant


class UploadOut(Answer):
    """Where the bytes go: to `url` as a whole, or in `parts` parts of `partBytes` each (the last may be smaller)."""

    method: str | None = None
    url: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    expires_at: Instant | None = None
    part_bytes: int | None = None
    parts: int | None = None


class ReservationOut(Answer):
    """The reserved file, and how to send it."""

    file: FileOut
    upload: UploadOut


class PartAddressOut(SignedOut):
    """Where one part goes."""

    number: int
    size_bytes: int


class PartAddressesOut(Answer):
    """Where the parts go that were asked for; numbers that are no part of the file are left out."""

    items: list[PartAddressOut]


class PartOut(Answer):
    """One part that is there."""

    number: int
    size_bytes: int


class PartsOut(Answer):
    """What is there of a file that is sent in parts."""

    part_bytes: int
    parts: int
    items: list[PartOut]


class SignedUrlOut(Answer):
    """An address that fetches the file without signing in."""

    url: str
    expires_at: Instant


class UploadedOut(Answer):
    """What became of a form's file."""

    id: str
    key: str
    url: str
    cdn_url: str | None
    size: int
    content_type: str
    category: str
