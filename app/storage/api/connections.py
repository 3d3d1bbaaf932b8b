"""Other people's buckets over JSON, for platform admins. Nothing here writes to a bucket."""

from flask import Blueprint

from app.core.api import contract
from app.core.errors import InvalidCursor, NotFound
from app.core.outside import AddressRefused
from app.core.tasks import JobQueuesOff
from app.storage.connections import reads, service
from app.storage.connections.problems import BucketNotReached, ConnectionNameTaken, SecretRemoved
from app.storage.connections.schemas import (
    BrowseQuery,
    BucketAddressOut,
    ConnectionOut,
    ConnectionsOut,
    KeyQuery,
    NewConnection,
    NewSecret,
    ScanQueued,
    ThingOut,
    ThingsOut,
)

connections_api_bp = Blueprint("connections_api", __name__, url_prefix="/api/connections")
READ, WRITE, TAG = "storage:read", "storage:write", "Connections"


@connections_api_bp.get("")
@contract(scope=READ, returns={200: ConnectionsOut}, installation=True, tag=TAG)
def list_connections() -> ConnectionsOut:
    """List connections, by name."""
    return ConnectionsOut(items=[ConnectionOut.of(row) for row in reads.list_connections()])


@connections_api_bp.post("")
@contract(
    scope=WRITE, body=NewConnection, returns={201: ConnectionOut},
    problems=[AddressRefused, BucketNotReached, ConnectionNameTaken], installation=True, tag=TAG,
)  # fmt: skip
def create_connection(body: NewConnection) -> ConnectionOut:
    """Connect a bucket. It is looked at first; the secret is sealed and never shown again."""
    return ConnectionOut.of(service.add(body))


@connections_api_bp.get("/<string:connection_id>")
@contract(scope=READ, returns={200: ConnectionOut}, problems=[NotFound], installation=True, tag=TAG)
def show_connection(connection_id: str) -> ConnectionOut:
    """Return one connection, with what the newest inventory counted."""
    return ConnectionOut.of(reads.find_connection(connection_id))


@connections_api_bp.delete("/<string:connection_id>")
@contract(scope=WRITE, returns={204: None}, problems=[NotFound], installation=True, tag=TAG)
def delete_connection(connection_id: str) -> None:
    """Forget a connection; nothing in the bucket is touched."""
    service.remove(connection_id)


@connections_api_bp.put("/<string:connection_id>/secret")
@contract(
    scope=WRITE, body=NewSecret, returns={200: ConnectionOut}, problems=[NotFound, BucketNotReached, AddressRefused],
    installation=True, tag=TAG,
)  # fmt: skip
def replace_secret(connection_id: str, body: NewSecret) -> ConnectionOut:
    """Take another key for the same bucket, once it has been tried."""
    return ConnectionOut.of(service.change_secret(connection_id, body))


@connections_api_bp.delete("/<string:connection_id>/secret")
@contract(scope=WRITE, returns={200: ConnectionOut}, problems=[NotFound], installation=True, tag=TAG)
def delete_secret(connection_id: str) -> ConnectionOut:
    """Forget the secret; the connection stays."""
    return ConnectionOut.of(service.remove_secret(connection_id))


@connections_api_bp.post("/<string:connection_id>/tests")
@contract(
    scope=WRITE, returns={200: ConnectionOut}, problems=[NotFound, SecretRemoved], installation=True, tag=TAG
)  # fmt: skip
def create_test(connection_id: str) -> ConnectionOut:
    """Look whether the bucket answers."""
    return ConnectionOut.of(service.check(connection_id))


@connections_api_bp.get("/<string:connection_id>/objects")
@contract(
    scope=READ, query=BrowseQuery, returns={200: ThingsOut},
    problems=[NotFound, SecretRemoved, BucketNotReached, AddressRefused, InvalidCursor], installation=True, tag=TAG,
)  # fmt: skip
def list_objects(connection_id: str, query: BrowseQuery) -> ThingsOut:
    """List folders and objects below a prefix."""
    row = reads.find_connection(connection_id)
    found, cursor = reads.browse(row, query.prefix, query.after, query.limit)
    items = [ThingOut.model_validate(one) for one in found.things]
    return ThingsOut(prefix=query.prefix, folders=list(found.folders), items=items, next_cursor=cursor)


@connections_api_bp.post("/<string:connection_id>/objects/signed-url")
@contract(
    scope=READ, body=KeyQuery, returns={200: BucketAddressOut}, problems=[NotFound, SecretRemoved], installation=True, tag=TAG,
    secret=True,
)  # fmt: skip
def create_signed_url(connection_id: str, body: KeyQuery) -> BucketAddressOut:
    """Return an address of one object that is good for a minute; it is saved, never shown inline."""
    return BucketAddressOut(url=service.sign(connection_id, body.key), expires_in_s=service.SIGNED_S)


@connections_api_bp.post("/<string:connection_id>/scans")
@contract(
    scope=WRITE, returns={202: ScanQueued}, problems=[NotFound, SecretRemoved, JobQueuesOff], installation=True, tag=TAG
)  # fmt: skip
def create_scan(connection_id: str) -> ScanQueued:
    """Count all objects of the bucket, as a job."""
    return ScanQueued(job_id=service.ask_scan(connection_id))
