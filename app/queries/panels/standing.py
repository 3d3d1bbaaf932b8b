"""How the database is, read for its page: nine panels over one connection, each of which may be missing by itself."""

from dataclasses import dataclass

from app.queries.panels import connections, indexes, replication, sequences, tables, upkeep
from app.queries.panels.connections import Database, Group, Room
from app.queries.panels.indexes import Index
from app.queries.panels.reading import Reading, board
from app.queries.panels.replication import Followed, Replica, Slot
from app.queries.panels.sequences import Sequence
from app.queries.panels.tables import Table
from app.queries.panels.upkeep import Age, Holder, Work


@dataclass(frozen=True)
class Standing:
    """Everything the page shows."""

    tables: Reading[Table]
    indexes: Reading[Index]
    work: Reading[Work]
    ages: Reading[Age]
    holders: Reading[Holder]
    sequences: Reading[Sequence]
    replicas: Reading[Replica]
    slots: Reading[Slot]
    followed: Reading[Followed]
    connections: Reading[Group]
    room: Reading[Room]
    database: Reading[Database]


def read_standing(*, q: str, order: tables.Order, index_order: indexes.Order, most: int) -> Standing:
    """Read all of it.

    Args:
        q: Part of the name of a table; of a table or an index for indexes.
        order: Of the tables.
        index_order: Of the indexes.
        most: How many tables, and how many indexes.
    """
    with board() as panels:
        return Standing(
            database=panels.read("database", connections.read_database),
            room=panels.read("room", connections.read_room),
            ages=panels.read("ages", upkeep.list_ages),
            sequences=sequences.read_sequences(panels),
            replicas=panels.read("replicas", replication.list_replicas, needs_stats=True),
            slots=panels.read("slots", replication.list_slots),
            followed=panels.read("followed", replication.list_followed, needs_stats=True),
            work=panels.read("work", upkeep.list_work, needs_stats=True),
            holders=panels.read("holders", upkeep.list_holders, needs_stats=True),
            connections=panels.read("connections", connections.list_connections, needs_stats=True),
            tables=panels.read("tables", lambda link: tables.list_tables(link, q=q, order=order, most=most)),
            indexes=panels.read("indexes", lambda link: indexes.list_indexes(link, q=q, order=index_order, most=most)),
        )
