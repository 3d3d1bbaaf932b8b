"""Percentiles and tables of the live measurements."""

import os
from collections.abc import Iterable, Sequence
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else float("nan")


def delays(millis: Sequence[float]) -> dict[str, float]:
    """Return the percentiles of delays in milliseconds."""
    named = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = {f"{name} ms": round(percentile(millis, share), 2) for name, share in named.items()}
    return found | {"max ms": round(max(millis, default=float("nan")), 1)}


def table(title: str, rows: Iterable[dict[str, Any]]) -> None:
    """Print rows as a table of Markdown, with the machine's load."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    print(f"\n{title} (load {' / '.join(f'{load:.1f}' for load in os.getloadavg())}, {os.cpu_count()} cores)\n")
    print("| " + " | ".join(names) + " |")
    print("|" + "---|" * len(names))
    for row in rows:
        print("| " + " | ".join(_text(row.get(name, "")) for name in names) + " |", flush=True)


def _text(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
