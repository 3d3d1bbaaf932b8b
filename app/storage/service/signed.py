"""Addresses that fetch a file without signing in, and the fact that somebody asked for one."""

from app.core import clock
from app.core.db import transaction
from app.core.outbox import record
from app.core.setting import current_settings
from app.storage import providers
from app.storage.adapters.protocol import Signed
from app.storage.events import FileSigned
from app.storage.problems import FileNotReady
from app.storage.reads.files import find_file
from app.storage.service.direct import telling
from app.storage.states import State
from app.storage.types import may_inline, served_type


def sign_file(file_id: str, *, expires_s: int | None = None, inline: bool = False) -> Signed:
    """Return an address of a ready file, good for SIGNED_URL_S unless said otherwise.

    Raises:
        FileMissing, FileNotReady: There is nothing to fetch.
    """
    row = find_file(file_id)
    if row.state != State.READY:
        raise FileNotReady(state=row.state)
    with telling():
        signed = providers.provider(row.provider).sign_get(
            row.key, expires_s=expires_s or current_settings().signed_url_s, file_name=row.file_name,
            content_type=served_type(row.content_type), inline=inline and may_inline(row.content_type),
        )  # fmt: skip
    with transaction():
        fact = FileSigned(id=row.id, file_name=row.file_name, expires_at=clock.rfc3339(signed.expires_at))
        record(fact, version=row.version)
    return signed
