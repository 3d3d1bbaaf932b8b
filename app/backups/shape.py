"""What a database is besides its rows: columns, keys, indexes, triggers, policies, rights, functions, one digest each thing.

Taken in the snapshot that is dumped and again in what was restored: a table whose policy did not come back holds all its
rows, and shows them to everybody.
"""

import hashlib
import re
from collections import defaultdict

import psycopg

RIGHTS = """(SELECT string_agg(concat_ws(' ', coalesce(nullif(a.grantee, 0)::regrole::text, 'public'), a.privilege_type,
             a.is_grantable), ', ' ORDER BY a.grantee::regrole::text, a.privilege_type) FROM aclexplode({acl}) a)"""
OURS = """NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = {oid} AND d.deptype = 'e')
          AND {space} = 'public'::regnamespace"""
TABLES = f"""
WITH ours AS (SELECT c.* FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S')
              AND {OURS.format(oid="c.oid", space="c.relnamespace")})
SELECT relname, concat_ws(' ', relkind, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner),
       pg_get_partkeydef(oid), pg_get_expr(relpartbound, oid), {RIGHTS.format(acl="relacl")}) FROM ours
UNION ALL
SELECT o.relname, concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
       a.attgenerated, pg_get_expr(d.adbin, d.adrelid), {RIGHTS.format(acl="a.attacl")})
  FROM ours o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = o.oid AND d.adnum = a.attnum WHERE o.relkind <> 'S'
UNION ALL
SELECT o.relname, concat_ws(' ', k.conname, pg_get_constraintdef(k.oid), k.convalidated)
  FROM ours o JOIN pg_constraint k ON k.conrelid = o.oid
UNION ALL
SELECT o.relname, concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid) FROM ours o JOIN pg_index i ON i.indrelid = o.oid
UNION ALL
SELECT o.relname, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
  FROM ours o JOIN pg_trigger t ON t.tgrelid = o.oid AND NOT t.tgisinternal
UNION ALL
SELECT o.relname, concat_ws(' ', p.polname, p.polcmd, p.polpermissive,
       (SELECT string_agg(r::regrole::text, ',' ORDER BY r::regrole::text) FROM unnest(p.polroles) r),
       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  FROM ours o JOIN pg_policy p ON p.polrelid = o.oid
UNION ALL
SELECT f.oid::regprocedure::text, concat_ws(' ', pg_get_userbyid(f.proowner), pg_get_functiondef(f.oid),
       {RIGHTS.format(acl="coalesce(f.proacl, acldefault('f', f.proowner))")})
  FROM pg_proc f WHERE f.prokind IN ('f', 'p') AND {OURS.format(oid="f.oid", space="f.pronamespace")}"""

# A check comes back with its casts elsewhere: the server writes `ARRAY['a'::varchar]::text[]` as it read it, then reads
# that another way. Which words stand in it, in which order, stays.
CASTS = re.compile(r"::(?:character varying|text)(?:\[\])?|[()\[\]]")


def shape_of(connection: psycopg.Connection) -> dict[str, str]:
    """Return a digest of each table, view, sequence and function of ours, by name."""
    lines = defaultdict(list)
    for name, line in connection.execute(TABLES):
        lines[name].append(CASTS.sub("", line) if " CHECK " in line else line)
    return {name: hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()[:16] for name, found in lines.items()}


def compare_shapes(written: dict[str, str], found: dict[str, str]) -> list[str]:
    """Return what differs, a sentence each."""
    return [
        f"{name} did not come back."
        if name not in found
        else f"{name} was not there before."
        if name not in written
        else f"{name} came back with other columns, keys, policies or rights."
        for name in sorted({*written, *found})
        if written.get(name) != found.get(name)
    ]
