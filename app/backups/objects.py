"""Whether what a restored database says of files is where it says: some rows, asked of their providers."""

import psycopg
import sqlalchemy as sa

from app.core.db import db, fresh_session
from app.core.tenancy import platform_reads
from app.storage import providers
from app.storage.adapters.protocol import ObjectMissing, StorageError
from app.storage.models import StoredFile
from app.storage.problems import ProviderNotSetUp
from app.storage.states import State

LOOKED_AT = 200
SOME = """SELECT id, provider, key, size_bytes FROM stored_files TABLESAMPLE BERNOULLI (%s)
          WHERE state = 'ready' ORDER BY random() LIMIT %s"""


def find_lost(connection: psycopg.Connection) -> tuple[int, list[str]]:
    """Look some files up at their providers.

    What was deleted since the backup was made is missing and may be: the row that is here today says so.

    Returns:
        How many were looked at, and what is not as the rows say, a sentence each.
    """
    row = connection.execute("SELECT count(*) FROM stored_files").fetchone()
    share = min(100.0, 300.0 * LOOKED_AT / max(1, row[0] if row else 0))
    found = connection.execute(SOME, (share, LOOKED_AT)).fetchall()
    odd, away = {}, {}
    for file_id, name, key, size_bytes in found:
        if name in away:
            continue
        try:
            size = providers.provider(name).stat(key).size_bytes
            if size != size_bytes:
                odd[file_id] = f"The file {file_id} at {name} holds {size} bytes, its row says {size_bytes}."
        except ObjectMissing:
            odd[file_id] = f"The file {file_id} is not at {name}."
        except ProviderNotSetUp as problem:
            away[name] = f"The files at {name} could not be looked at: {problem.sentence}"
        except StorageError as error:
            away[name] = f"The files at {name} could not be looked at: {type(error).__name__}."
    lost = [sentence for file_id, sentence in odd.items() if is_still_there(file_id)]
    return len(found), [*away.values(), *lost]


def is_still_there(file_id: str) -> bool:
    """Say whether the database that is in use has this file, ready."""
    query = sa.select(sa.func.count()).where(StoredFile.id == file_id, StoredFile.state == State.READY)
    with fresh_session(), platform_reads():
        return bool(db.session.scalar(query))
