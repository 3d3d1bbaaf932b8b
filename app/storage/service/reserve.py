"""Reserving: the row of a file, with its key and its share of the quota, before its first byte."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.core import clock
from app.core.context import actor
from app.core.db import transaction
from app.core.ids import new_ulid
from app.core.setting import current_settings
from app.core.tenancy import current_company_id
from app.storage import routing, types
from app.storage.keys import new_key
from app.storage.models import StoredFile
from app.storage.states import Category, Visibility
from app.storage.usage import quotas

KEEP_UNTIL = "keepUntil"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be.

    Attributes:
        file_name: As people see it; cleaned, and never part of a path.
        content_type: What the sender says; what counts is what the bytes are.
        size_bytes: None while nobody knows; then it is written into the spool first.
        sha256: Lower-case hex, compared with what arrives; "" when nobody knows.
        subject: What it belongs to: `report:01J…`.
        parent_id, variant: Of which file it was made, and as what.
        expires_at: When it is put into the trash; None for never (and for temp, after TEMP_HOURS).
        about: What is kept with it, as JSON.
        is_ours: The product made it: it is of the type that is said, whatever names of items in it look like.
    """

    file_name: str
    category: Category
    content_type: str = ""
    size_bytes: int | None = None
    sha256: str = ""
    visibility: Visibility = Visibility.PRIVATE
    subject: str = ""
    parent_id: str | None = None
    variant: str = ""
    expires_at: datetime | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    is_ours: bool = False


def reserve(new: NewFile) -> StoredFile:
    """Write the row of a file whose size is known; what is not completed is reaped after PENDING_HOURS.

    Raises:
        FileTooLarge, QuotaExceeded: It does not fit.
        TypeNotAllowed: This category takes no such files.
    """
    if new.size_bytes is None:
        raise ValueError("what is reserved has a size")
    types.check_size(new.category, new.size_bytes)
    row = _row_of(new, new.size_bytes)
    types.check_allowed(new.category, row.content_type, row.file_name, is_said=True)
    with transaction() as session:
        quotas.check(new.category, new.size_bytes)
        session.add(row)
        session.flush()
    return row


def _row_of(new: NewFile, size_bytes: int) -> StoredFile:
    company_id, now, name = current_company_id(), clock.now(), types.clean_name(new.file_name)
    return StoredFile(
        company_id=company_id, id=new_ulid(), key=new_key(company_id, new.category), category=new.category.value,
        provider=routing.writes_to(), mirror=routing.mirrors_to(), visibility=new.visibility.value,
        file_name=name, content_type=types.expected_type(name, new.content_type),
        size_bytes=size_bytes, sha256=new.sha256.lower(), parent_id=new.parent_id, variant=new.variant,
        subject=new.subject, actor=actor(), created_at=now, not_before=now,
        expires_at=now + timedelta(hours=current_settings().pending_hours),
        about=dict(new.about) | ({} if new.expires_at is None else {KEEP_UNTIL: clock.rfc3339(new.expires_at)}),
    )  # fmt: skip
