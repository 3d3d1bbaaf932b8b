"""Feature flags: one engine in every process, one console, one server for others.

`from app import flags; flags.is_enabled("key")` is all that most code needs; see use.py.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.flags.use import evaluate, gate, is_enabled, is_stale, on_change, status, table, track, value

__all__ = ["evaluate", "gate", "is_enabled", "is_stale", "on_change", "status", "table", "track", "value"]


def __getattr__(name: str) -> Any:  # Any: whichever of the names above
    """Import on first use: the engine below this package must not wait for the app's database to be imported."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from app.flags import use

    return getattr(use, name)
