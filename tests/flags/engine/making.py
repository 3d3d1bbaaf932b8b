"""Flags for the tests of the engine, made in one line."""

from typing import Any

from app.flags.engine.evaluate import Table
from app.flags.engine.model import (
    Condition,
    Flag,
    FlagSettings,
    FlagType,
    Rule,
    Scope,
    Segment,
    Serve,
    Snapshot,
)

COLOURS = {"off": "grey", "on": "blue", "green": "green"}


def boolean(key: str = "f", *, scope: Scope = Scope.USER, watched: bool = False, **settings: Any) -> Flag:
    """A flag of true and false that is switched on."""
    return Flag(
        key,
        FlagType.BOOLEAN,
        {"on": True, "off": False},
        scope=scope,
        salt=f"salt-{key}",
        watched=watched,
        settings=FlagSettings(enabled=True, **settings) if "enabled" not in settings else FlagSettings(**settings),
    )


def coloured(key: str = "f", **settings: Any) -> Flag:
    """A flag of three texts that is switched on."""
    return Flag(
        key, FlagType.STRING, COLOURS, salt=f"salt-{key}", settings=FlagSettings(**{"enabled": True, **settings})
    )


def rule(*conditions: Condition, segments: tuple[str, ...] = (), identity: str = "r1", **serve: Any) -> Rule:
    return Rule(identity, Serve(**({"variant": "on"} | serve)), conditions, segments)


def table(*flags: Flag, segments: tuple[Segment, ...] = (), previous: Table | None = None) -> Table:
    return Table(
        Snapshot(1, "production", {flag.key: flag for flag in flags}, {one.key: one for one in segments}),
        previous=previous,
    )
