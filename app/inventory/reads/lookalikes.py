"""Items that something read off a sheet may mean: by the spelling of their SKU, or by a name that is alike. For jobs."""

from collections.abc import Collection

import sqlalchemy as sa

from app.core.db import db

# Letters and digits that are taken for one another; whoever asks spells its words the same.
LETTERS, DIGITS = "OILSBZQ", "0115820"
SPELLED = f"translate(upper(regexp_replace(sku, '[[:space:]_]', '', 'g')), '{LETTERS}', '{DIGITS}')"
FOR_SALE = "archived_at IS NULL AND kind <> 'asset'"
BY_SPELLING = f"""
    SELECT {SPELLED} AS spelled, sku, name FROM items
    WHERE {FOR_SALE} AND {SPELLED} = ANY(:words) ORDER BY sku LIMIT 2000"""
BY_NAME = f"""
    SELECT t.text, i.sku, i.name, i.likeness FROM unnest(cast(:texts AS text[])) AS t(text)
    CROSS JOIN LATERAL (
        SELECT sku, name, similarity(lower(name), lower(t.text)) AS likeness FROM items
        WHERE {FOR_SALE} AND similarity(lower(name), lower(t.text)) > 0.3
        ORDER BY likeness DESC, sku LIMIT 4) i"""


def items_spelled(words: Collection[str]) -> list[tuple[str, str, str]]:
    """Return spelling, SKU and name of the items whose SKU is spelled like one of these words."""
    rows = db.session.execute(sa.text(BY_SPELLING), {"words": list(words)})
    return [(row.spelled, row.sku, row.name) for row in rows]


def items_named_like(texts: Collection[str]) -> list[tuple[str, str, str, float]]:
    """Return text, SKU, name and likeness (0 to 1) of the items with a name like one of these texts."""
    rows = db.session.execute(sa.text(BY_NAME), {"texts": list(texts)})
    return [(row.text, row.sku, row.name, row.likeness) for row in rows]
