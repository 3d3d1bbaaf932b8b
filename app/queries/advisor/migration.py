"""A proposal as an Alembic migration: concurrent, outside a transaction, repeatable after it broke off, and back.

A partitioned table gets its index child by child, because PostgreSQL builds none concurrently on the whole.
"""

import re
from typing import Any

HEAD = '''"""{title}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{down_revision}"
branch_labels = None
depends_on = None


'''
CREATE = '''def upgrade() -> None:
    """Make it while readers and writers go on; what a build that broke off left behind goes first."""
    with op.get_context().autocommit_block():
        op.drop_index({name!r}, {table!r}, postgresql_concurrently=True, if_exists=True)
        op.create_index(
            {name!r},
            {table!r},
            {keys},
            postgresql_concurrently=True,{options}
        )


def downgrade() -> None:
    """Take it away again."""
    with op.get_context().autocommit_block():
        op.drop_index({name!r}, {table!r}, postgresql_concurrently=True, if_exists=True)
'''
PARTITIONED = '''CHILDREN = sa.text(
    "SELECT relid::regclass::text FROM pg_partition_tree({table!r}) WHERE isleaf AND level = 1 ORDER BY 1"
)


def upgrade() -> None:
    """Make it on each partition while readers and writers go on, then join the parts."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    children = list(op.get_bind().scalars(CHILDREN))
    op.execute({parent!r})
    with op.get_context().autocommit_block():
        for number, child in enumerate(children):
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}_p{{number}}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name}_p{{number}} ON {{child}} {rest}")
    for number in range(len(children)):
        op.execute(f"ALTER INDEX {name} ATTACH PARTITION {name}_p{{number}}")


def downgrade() -> None:
    """Take it away again, its parts with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP INDEX IF EXISTS {name}")
'''
DROP = '''def upgrade() -> None:
    """Take it away while readers and writers go on."""
    with op.get_context().autocommit_block():
        op.execute({drop!r})


def downgrade() -> None:
    """Make it again as it was."""
    with op.get_context().autocommit_block():
        op.execute({make!r})
'''
REBUILD = '''def upgrade() -> None:
    """Build it again while readers and writers go on."""
    with op.get_context().autocommit_block():
        op.execute({again!r})


def downgrade() -> None:
    """There is nothing to go back to: it was broken."""
'''


def write_migration(kind: str, definition: str, evidence: dict[str, Any], title: str, head: str, number: str) -> str:
    """Return the text of a migration.

    Args:
        kind: Of the advice.
        definition: The statement somebody would run by hand.
        evidence: What the advice rests on: the parts of the index are read from it.
        title: The first line of the migration.
        head: The revision it follows.
        number: The advice's id, which names the revision.
    """  # Any: as kept in JSON
    start = HEAD.format(title=title.replace('"', "'"), revision=f"advice_{number}", down_revision=head)
    if kind == "create":
        return start + write_create(evidence)
    start = start.replace("import sqlalchemy as sa\n", "")
    if kind == "rebuild-invalid":
        return start + REBUILD.format(again=definition)
    make = re.sub(r"^CREATE (UNIQUE )?INDEX ", r"CREATE \1INDEX CONCURRENTLY ", evidence["made_by"])
    return start + DROP.format(drop=definition, make=make)


def write_create(evidence: dict[str, Any]) -> str:  # Any: as above
    """Return the two functions of an index that is made."""
    name, table, keys = evidence["name"], evidence["table"], evidence["keys"]
    if evidence["partitions"]:
        rest = evidence["body"].removeprefix(f"{table} ")
        parent = f"CREATE INDEX {name} ON ONLY {evidence['body']}"
        return PARTITIONED.format(
            name=name, table=table, parent=parent, rest=rest.replace("{", "{{").replace("}", "}}")
        )
    listed = ", ".join(f"sa.text({key!r})" for key in keys)
    options = ""
    if evidence["method"] != "btree":
        options += f"\n            postgresql_using={evidence['method']!r},"
    if evidence["include"]:
        options += f"\n            postgresql_include={evidence['include']!r},"
    if evidence["where"]:
        options += f"\n            postgresql_where=sa.text({evidence['where']!r}),"
    return CREATE.format(name=name, table=table, keys=f"[{listed}]", options=options)
