"""Files made straight in the database, and what is counted of them."""

import secrets
from typing import Any

import psycopg

from app.core.ids import new_ulid
from app.storage.keys import new_key
from app.storage.states import Category

SUM = """
SELECT category, provider, storage_class(state) AS class, sum(size_bytes)::numeric AS bytes, count(*) AS files
FROM stored_files WHERE company_id = %(company)s GROUP BY 1, 2, 3 HAVING count(*) > 0 ORDER BY 1, 2, 3
"""
COUNTED = """
SELECT category, provider, class, sum(bytes) AS bytes, sum(files)::bigint AS files FROM (
  SELECT category, provider, class, bytes, files FROM storage_counts WHERE company_id = %(company)s
  UNION ALL
  SELECT category, provider, class, bytes, files FROM storage_deltas WHERE company_id = %(company)s
) AS both_of GROUP BY 1, 2, 3 HAVING sum(bytes) <> 0 OR sum(files) <> 0 ORDER BY 1, 2, 3
"""
INSERT = """
INSERT INTO stored_files (company_id, id, key, category, provider, state, file_name, content_type, size_bytes)
VALUES (%s, %s, %s, %s, %s, %s, 'a.txt', 'text/plain', %s)
"""
MANY = """
INSERT INTO stored_files (company_id, id, key, category, provider, state, file_name, content_type, size_bytes)
SELECT %(company)s, %(tag)s || n, %(tag)s || n, 'documents', 'local', 'ready', 'a.txt', 'text/plain', n
FROM generate_series(1, %(files)s) AS n
"""


def put(
    sql: psycopg.Connection[Any], company: int, size_bytes: int, *, category: Category = Category.DOCUMENTS,
    provider: str = "local", state: str = "ready",
) -> str:  # fmt: skip
    """Make one file and return its id."""
    file_id = new_ulid()
    sql.execute(INSERT, (company, file_id, new_key(company, category), category.value, provider, state, size_bytes))  # type: ignore[arg-type]
    return file_id


def put_many(sql: psycopg.Connection[Any], company: int, files: int) -> str:
    """Make files of 1, 2, 3 … bytes in one statement; return what their ids begin with."""
    tag = f"{secrets.token_hex(8)}-"
    sql.execute(MANY, {"company": company, "tag": tag, "files": files})
    return tag


def summed(sql: psycopg.Connection[Any], company: int) -> list[Any]:
    """Return what is there, by adding it up."""
    return sql.execute(SUM, {"company": company}).fetchall()


def counted(sql: psycopg.Connection[Any], company: int) -> list[Any]:
    """Return what is counted: the counters and what waits to be folded."""
    return sql.execute(COUNTED, {"company": company}).fetchall()
