"""When there is not enough to go on: figures of a planner that has not looked at a table lately are guesses of guesses."""

from app.core.present import plural
from app.queries.advisor.types import Table

LEAST_SPAN_S = 3600.0
CHANGED_SHARE, CHANGED_ROWS = 0.2, 1000


def reasons_against(table: Table, span_s: float) -> list[str]:
    """Return why advice on a table would not rest on enough, a sentence each; empty when it would."""
    reasons = []
    if table.analyzed_at is None:
        reasons.append(f"{table.name} was never analysed, so the planner guesses. ANALYZE {table.name} mends it.")
    elif table.changed > CHANGED_SHARE * table.rows + CHANGED_ROWS:
        reasons.append(f"{table.changed:,} rows of {table.name} changed since its last ANALYZE.")
    if span_s < LEAST_SPAN_S:
        counted = plural(int(span_s // 60), "minute")
        reasons.append(f"Statements are counted for {counted} only; after an hour there is enough.")
    return reasons
