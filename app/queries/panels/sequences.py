"""Sequences: how much of each is used. One that is full stops every insert into its table."""

from dataclasses import dataclass

from app.queries.panels.reading import Board, Reading
from app.queries.server.protocol import Link, Row

NEAR = 0.8
# The column may end before the sequence does: a serial is an integer.
SEQUENCES = """
SELECT s.schemaname::text AS schema, s.sequencename::text AS name, s.last_value, s.increment_by, s.cycle AS is_cycling,
       coalesce(t.relname::text, '') AS table_name, coalesce(a.attname::text, '') AS column_name,
       least(s.max_value, CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
                          ELSE s.max_value END) AS last
FROM pg_sequences AS s
JOIN pg_namespace AS n ON n.nspname = s.schemaname
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.sequencename AND c.relkind = 'S'
LEFT JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
     AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
LEFT JOIN pg_class AS t ON t.oid = d.refobjid
LEFT JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
ORDER BY coalesce(s.last_value, 0)::float8 / s.max_value DESC, s.sequencename LIMIT %(most)s
"""
UNSEEN = """
SELECT n.nspname::text AS schema FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\\_%'
  AND CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege(c.oid, 'SELECT, USAGE') ELSE false END LIMIT 1
"""


@dataclass(frozen=True)
class Sequence:
    """One sequence.

    Attributes:
        value: The last one given; None before the first, or when the login may not see it.
        last: The last it can give that its column can hold.
        is_cycling: It begins again at its end, so it never stops an insert by itself.
    """

    schema: str
    name: str
    table: str
    column: str
    value: int | None
    last: int
    is_cycling: bool

    @property
    def used_share(self) -> float:
        """How much of it is used."""
        return (self.value or 0) / self.last

    @property
    def is_near(self) -> bool:
        """Whether it ends soon."""
        return self.used_share > NEAR and not self.is_cycling


def read_sequences(panels: Board) -> Reading[Sequence]:
    """Return the panel; it says so when the login may not see how far some have come."""
    found = panels.read("sequences", list_sequences)
    unseen = panels.read("unseen sequences", find_unseen)
    if found.missing or not unseen.items:
        return found
    mend = f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA {unseen.items[0]} TO {panels.rights().role};"
    return Reading(found.items, "How far some have come is hidden from the login that watches.", mend)


def list_sequences(link: Link, *, most: int = 500) -> list[Sequence]:
    """Return ascending sequences, the one nearest its end first."""
    rows = link.execute(SEQUENCES, {"most": most}).fetchall()
    found = [_sequence(row) for row in rows if row["increment_by"] > 0]
    return sorted(found, key=lambda one: (-one.used_share, one.name))


def find_unseen(link: Link) -> list[str]:
    """Return the schema of a sequence whose value the login may not see; nothing when it sees all."""
    return [str(row["schema"]) for row in link.execute(UNSEEN).fetchall()]


def _sequence(row: Row) -> Sequence:
    return Sequence(
        row["schema"], row["name"], row["table_name"], row["column_name"], row["last_value"], int(row["last"]),
        row["is_cycling"],
    )  # fmt: skip
