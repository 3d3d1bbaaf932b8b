"""All that lies in Valkey and in PostgreSQL, as who steals a dump would read it."""

from redis import Redis

from tests.world import Connection


def dump_valkey(valkey: Redis) -> bytes:
    """Return every key with all that stands behind it."""
    held = []
    for key in valkey.scan_iter(count=1000):
        match valkey.type(key):
            case b"string":
                value: object = valkey.get(key)
            case b"hash":
                value = valkey.hgetall(key)
            case b"list":
                value = valkey.lrange(key, 0, -1)
            case b"set":
                value = valkey.smembers(key)
            case b"zset":
                value = valkey.zrange(key, 0, -1)
            case _:
                value = valkey.xrange(key)
        held.append(key + repr(value).encode())
    return b"\n".join(held)


def dump_postgres(sql: Connection) -> bytes:
    """Return every row of every table, as text."""
    tables = sql.execute(
        "SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'm')"
    ).fetchall()
    rows = (sql.execute(f"SELECT t::text AS line FROM {one['name']} t").fetchall() for one in tables)
    return "\n".join(row["line"] for found in rows for row in found).encode()
