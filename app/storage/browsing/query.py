"""What the address of the list of files says."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from app.core.shapes import OptionalText, Shape, refuse_nul
from app.storage.states import Category


class FileView(StrEnum):
    """Which files a list shows."""

    USED = "used"
    ARRIVING = "arriving"
    TRASH = "trash"
    REFUSED = "refused"
    HELD = "held"


class FileKind(StrEnum):
    """What files are, roughly."""

    PICTURE = "picture"
    PDF = "pdf"
    TEXT = "text"


class FileFilter(Shape):
    """Conditions of a list of files."""

    view: FileView = FileView.USED
    category: Category | Literal[""] | None = None
    kind: FileKind | Literal[""] | None = None
    q: OptionalText | None = None
    larger_mb: Annotated[int, Field(ge=0, le=1_000_000)] | Literal[""] | None = None
    older_days: Annotated[int, Field(ge=0, le=36_500)] | Literal[""] | None = None


class ListFiles(FileFilter):
    """A page of it: newest first, or largest first."""

    sort: Literal["new", "size"] = "new"
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[str, StringConstraints(max_length=500)] | None = None


class ShowFiles(ListFiles):
    """The page's address; `ids` asks for some rows of it again."""

    ids: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=4000)] | None = None

    @property
    def row_ids(self) -> list[str]:
        """The rows asked for again."""
        return [one for one in (self.ids or "").split(",") if one][:100]


class BulkFiles(Shape):
    """An act on ticked files; the ticks are read beside it, because they share one name."""

    model_config = ConfigDict(extra="ignore")

    act: Literal["trash", "restore", "purge", "zip"]
    view: FileView = FileView.USED


class ShareFile(Shape):
    """For how long an address shall work."""

    hours: Annotated[int, Field(ge=1, le=168)] = 24
