"""What people do to connections. Nothing here writes to the bucket."""

from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.core import clock, outside, tasks
from app.core.context import actor
from app.core.db import transaction
from app.core.errors import NotFound, Problem
from app.core.ids import new_ulid
from app.core.outbox import record
from app.core.sealed import seal
from app.core.setting import current_settings
from app.core.tenancy import current_company_id
from app.storage.connections import reads
from app.storage.connections.bucket import Bucket, Where
from app.storage.connections.events import ConnectionAdded, ConnectionChanged, ConnectionRemoved, ConnectionSigned
from app.storage.connections.problems import ConnectionNameTaken, SecretRemoved
from app.storage.connections.schemas import NewConnection, NewSecret
from app.storage.models import Connection

SIGNED_S = 60


def add(new: NewConnection) -> Connection:
    """Write a bucket down, once it has been looked at.

    Raises:
        AddressRefused: Its address may not be called.
        BucketNotReached: It said no, or nothing.
        ConnectionNameTaken: There is one of that name.
    """
    where = {**new.model_dump(exclude={"name", "secret_key"}), "endpoint": check_endpoint(new.endpoint)}
    Bucket(Where(**where, secret_key=new.secret_key)).page(most=1)
    connection_id = new_ulid()
    row = Connection(
        company_id=current_company_id(), id=connection_id, kind="s3", name=new.name, settings=where,
        secret=seal(new.secret_key, purpose=reads.PURPOSE, row=connection_id), state="good", seen_at=clock.now(),
        actor=dict(actor()),
    )  # fmt: skip
    with transaction() as session:
        try:
            with session.begin_nested():
                session.add(row)
                session.flush()
        except IntegrityError:
            raise ConnectionNameTaken(name=new.name) from None
        host = urlsplit(new.endpoint).hostname or ""
        record(ConnectionAdded(id=row.id, name=row.name, host=host, bucket=new.bucket))
    return row


def check_endpoint(url: str) -> str:
    """Return an endpoint as it is signed for; where its name leads is looked at with every call.

    Raises:
        AddressRefused: It may not.
    """
    scheme, host, port, path = outside.check_url(url, current_settings().private_feeds)
    if path not in {"", "/"}:
        raise outside.AddressRefused(reason="Give the endpoint alone; the bucket has a field of its own.")
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" if port == outside.PORTS[scheme] else f"{scheme}://{host}:{port}"


def check(connection_id: str) -> Connection:
    """Look whether a bucket still answers, and keep what it said.

    Raises:
        NotFound, SecretRemoved: There is nothing to look at.
    """
    row = reads.find_connection(connection_id)
    state, error = "good", ""
    try:
        reads.bucket_of(row).page(most=1)
    except SecretRemoved:
        raise
    except Problem as problem:
        state, error = "bad", problem.sentence
    with transaction():
        row = lock(connection_id)
        row.state, row.error = state, error
        row.seen_at = clock.now() if state == "good" else row.seen_at
        row.version += 1
    return row


def change_secret(connection_id: str, new: NewSecret) -> Connection:
    """Take another key for the same bucket, once it has been tried.

    Raises:
        NotFound, BucketNotReached, AddressRefused: As they say; the one before stays.
    """
    row = reads.find_connection(connection_id)
    where = {**row.settings, "access_key": new.access_key}
    Bucket(Where(**where, secret_key=new.secret_key)).page(most=1)
    with transaction():
        row = lock(connection_id)
        row.settings = where
        row.secret = seal(new.secret_key, purpose=reads.PURPOSE, row=row.id)
        row.state, row.error, row.seen_at = "good", "", clock.now()
        touch(row, "its key was changed")
    return row


def remove_secret(connection_id: str) -> Connection:
    """Forget the secret; the connection stays, and cannot look into the bucket."""
    with transaction():
        row = lock(connection_id)
        if row.secret:
            row.secret, row.state, row.error = "", "unknown", ""
            touch(row, "its secret was removed")
    return row


def remove(connection_id: str) -> Connection:
    """Forget a connection; nothing in the bucket is touched.

    Raises:
        NotFound: There is none.
    """
    with transaction() as session:
        row = lock(connection_id)
        record(ConnectionRemoved(id=row.id, name=row.name))
        session.delete(row)
    return row


def sign(connection_id: str, key: str) -> str:
    """Return an address of one object that is good for a minute, and write down who asked.

    Raises:
        NotFound, SecretRemoved: As they say.
    """
    row = reads.find_connection(connection_id)
    url = reads.bucket_of(row).sign(key, SIGNED_S)
    with transaction():
        record(ConnectionSigned(id=row.id, name=row.name, key=key))
    return url


def ask_scan(connection_id: str) -> str:
    """Queue an inventory of a bucket and return the job's id; one at a time.

    Raises:
        NotFound, SecretRemoved: As they say.
    """
    row = reads.find_connection(connection_id)
    if not row.secret:
        raise SecretRemoved(name=row.name)
    with transaction():
        job_id = tasks.enqueue(
            "connections.scan", {"connection_id": row.id}, title=f"Inventory of {row.name}", key=f"scan:{row.id}"
        )
        lock(connection_id).job_id = job_id
    return job_id


def lock(connection_id: str) -> Connection:
    """Lock a connection until the transaction ends.

    Raises:
        NotFound: There is none.
    """
    query = sa.select(Connection).where(Connection.id == connection_id).with_for_update()
    with transaction() as session:
        row = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NotFound
    return row


def touch(row: Connection, act: str) -> None:
    """Count a change of a locked row, and tell of it."""
    row.version += 1
    record(ConnectionChanged(id=row.id, name=row.name, act=act), version=row.version)
