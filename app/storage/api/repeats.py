"""Files that are sent once however often they are asked for: an Idempotency-Key stands for the file it made.

Core's way keeps the answer in the transaction of its effect. A file is made over several, with its bytes going out in
between, and a reservation's answer holds a signed address that is not to be stored. So a key is held meanwhile, and the
id of the file is written to it at the end; a repeat is answered from the file as it is by then.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from flask import request
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.auth import maybe_principal
from app.core.db import transaction
from app.core.idempotency import MAX_KEY_LENGTH, KeyInFlight, KeyReused, KeyTooLong, idempotency_keys
from app.core.redis import RedisAway, request_redis
from app.core.tenancy import current_company_id
from app.storage.models import StoredFile
from app.storage.reads.files import find_file

HELD_S = 3600  # whoever took a key so long ago and never finished has died
Identity = dict[str, Any]


def keep_once(said: tuple[object, ...], make: Callable[[], StoredFile]) -> tuple[StoredFile, bool]:
    """Make a file, or find the one that this request's Idempotency-Key made before. Outside of any transaction.

    Args:
        said: What makes two requests the same.
        make: Makes the file; when it raises, the key is free again.

    Returns:
        The file, and whether it was there already.

    Raises:
        KeyInFlight: The same request is still being worked on.
        KeyReused: The key stands for another file.
        FileMissing: The file it made is gone.
    """
    identity = _identity()
    if identity is None:
        return make(), False
    digest = sha256(repr(said).encode()).digest()
    with _alone(identity):
        file_id = _made_before(identity, digest)
        if file_id:
            return find_file(file_id), True
        row = make()
        _note(identity, digest, row.id)
    return row, False


def _identity() -> Identity | None:
    key, who = request.headers.get("Idempotency-Key"), maybe_principal()
    if not key or who is None:
        return None
    if len(key) > MAX_KEY_LENGTH:
        raise KeyTooLong
    route = f"{request.method} {request.path}"
    return {"company_id": current_company_id(), "principal": who.public_id, "route": route, "key": key}


@contextmanager
def _alone(identity: Identity) -> Iterator[None]:
    """Hold a key while its file is made; without Valkey nobody holds it, and only one after the other is told apart."""
    name = f"sending:{sha256(repr(sorted(identity.items())).encode()).hexdigest()}"
    redis = request_redis()
    try:
        is_ours = bool(redis.run(lambda client: client.set(name, b"1", nx=True, ex=HELD_S)))
    except RedisAway:
        yield
        return
    if not is_ours:
        raise KeyInFlight
    try:
        yield
    finally:
        with suppress(RedisAway):
            redis.run(lambda client: client.delete(name))


def _made_before(identity: Identity, digest: bytes) -> str:
    """Return the id of the file a key stands for; "" when it stands for none."""
    with transaction() as session:
        row = session.execute(sa.select(idempotency_keys).where(*_is(identity))).one_or_none()
    if row is not None and bytes(row.body_hash) != digest:
        raise KeyReused
    return "" if row is None else bytes(row.body).decode()


def _note(identity: Identity, digest: bytes, file_id: str) -> None:
    kept = {"body_hash": digest, "status": 201, "headers": {}, "body": file_id.encode(), "created_at": clock.now()}
    statement = insert(idempotency_keys).values(**identity, **kept).on_conflict_do_nothing()
    with transaction() as session:
        session.execute(statement)


def _is(identity: Identity) -> list[sa.ColumnElement[bool]]:
    return [idempotency_keys.c[name] == value for name, value in identity.items()]
