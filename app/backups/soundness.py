"""What must be right inside a restored database, whatever it holds. Each returns what is not, a sentence each."""

import psycopg
from psycopg import sql

KEYS = """SELECT conrelid::regclass::text, conname FROM pg_constraint
          WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND NOT convalidated ORDER BY 1, 2"""
COUNTED = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
SEQUENCES = """SELECT s.oid::regclass::text, c.relname, a.attname FROM pg_class s
               JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass
               JOIN pg_class c ON c.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
               WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace ORDER BY 1"""
# Retention takes away whole days, the oldest first, so a topic may begin late; it may have no hole.
EVENTS = """SELECT company_id, topic, h.seq, l.first, l.last, l.n, l.others
            FROM topic_heads h FULL JOIN (SELECT company_id, topic, min(seq) AS first, max(seq) AS last, count(*) AS n,
            count(DISTINCT seq) AS others FROM event_log GROUP BY 1, 2) l USING (company_id, topic)
            WHERE h.seq IS NULL OR l.last <> h.seq OR l.n <> l.others OR l.n <> l.last - l.first + 1"""
OPEN = """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity
          AND NOT relforcerowsecurity ORDER BY 1"""


def count_keys(connection: psycopg.Connection) -> int:
    """Return how many foreign keys there are."""
    row = connection.execute(COUNTED).fetchone()
    return int(row[0]) if row else 0


def find_loose_keys(connection: psycopg.Connection) -> list[str]:
    """Foreign keys PostgreSQL has not looked through: pg_restore adds each after the rows, which looks at all of them."""
    return [f"{table} came back with {name} not validated." for table, name in connection.execute(KEYS)]


def find_low_sequences(connection: psycopg.Connection) -> list[str]:
    """Sequences behind their column: the next insert would meet a row."""
    found = []
    for name, table, column in connection.execute(SEQUENCES).fetchall():
        query = sql.SQL("SELECT (SELECT max({}) FROM {}), (SELECT last_value FROM {})").format(
            sql.Identifier(column), sql.Identifier(table), sql.SQL(name)
        )
        highest, last = connection.execute(query).fetchone() or (None, 0)
        if highest is not None and last < highest:
            found.append(f"{name} is at {last}, and {table}.{column} at {highest} already.")
    return found


def find_gaps(connection: psycopg.Connection) -> list[str]:
    """Topics of the event log with a hole, a number twice, or an end other than their head's."""
    return [
        f"The events of {topic} of company {company} are not in one row: head {head}, {first} to {last}, {n} of them."
        for company, topic, head, first, last, n, _ in connection.execute(EVENTS)
    ]


def find_open_tables(connection: psycopg.Connection) -> list[str]:
    """Tables whose owner passes their policies."""
    return [f"{name} came back without forced row-level security." for (name,) in connection.execute(OPEN)]
