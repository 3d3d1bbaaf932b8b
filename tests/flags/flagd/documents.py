"""flagd documents as tables and providers, for the tests."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagResolutionDetails

from app.flags.engine.evaluate import Table
from app.flags.engine.model import (
    Algorithm,
    Evaluation,
    Flag,
    FlagType,
    Reason,
    Scope,
    Segment,
    Snapshot,
    settings_from_json,
)
from app.flags.flagd.reading import build_flag
from app.flags.openfeature import QuarterdeckProvider


def make_flag(fields: Mapping[str, Any]) -> Flag:
    """A flag of the engine from the fields that a reading gives."""
    return Flag(
        key=fields["key"],
        type=FlagType(fields["type"]),
        variants=fields["variants"],
        on_variant=fields["on_variant"],
        off_variant=fields["off_variant"],
        scope=Scope(fields["scope"]),
        salt=fields["salt"],
        algorithm=Algorithm(fields["algorithm"]),
        settings=settings_from_json(fields["settings"]),
        metadata=fields["metadata"],
    )


def table_of(document: Mapping[str, Any], algorithm: Algorithm = Algorithm.FLAGD_V2) -> Table:
    """A table of a document's flags; the document need not fit the schema, as the published cases do not all."""
    evaluators = document.get("$evaluators", {})
    flags = [make_flag(build_flag(key, body, evaluators, algorithm)) for key, body in document["flags"].items()]
    return table_with(*flags)


def table_with(*flags: Flag, segments: tuple[Segment, ...] = ()) -> Table:
    return Table(Snapshot(1, "production", {one.key: one for one in flags}, {one.key: one for one in segments}))


class Held:
    """A source that holds still, until a test says otherwise."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.stale = False
        self.origin = "database"
        self.callbacks: list[Callable[[frozenset[str]], None]] = []
        self.asked: list[Any] = []
        self.tracked: list[tuple[str, Any, float | None]] = []

    def evaluate(self, key: str, target: Any) -> Evaluation:
        self.asked.append(target)
        made = self.table.evaluate(key, target)
        return replace(made, reason=Reason.STALE) if self.stale and made.error is None else made

    def status(self) -> Any:
        return SimpleNamespace(source=self.origin, is_stale=self.stale)

    def on_change(self, callback: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)

    def track(self, event: str, target: Any, value: float | None = None) -> None:
        self.tracked.append((event, target, value))

    def change(self, *keys: str) -> None:
        for callback in list(self.callbacks):
            callback(frozenset(keys))


def resolve(
    table: Table, kind: str, key: str, default: Any, target: str | None = None, **attributes: Any
) -> FlagResolutionDetails[Any]:
    """Ask our provider as an OpenFeature client does; kind is boolean, string, integer, float or object."""
    ask = getattr(QuarterdeckProvider(Held(table)), f"resolve_{kind}_details")
    return ask(key, default, EvaluationContext(target, attributes))
