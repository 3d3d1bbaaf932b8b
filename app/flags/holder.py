"""Where the questions of this process go: straight to its one app's flags, or, with several apps, to the current one's."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from flask import current_app, has_app_context

from app.flags.engine.context import Context
from app.flags.engine.evaluate import Table
from app.flags.engine.model import Evaluation, Reason

if TYPE_CHECKING:
    from app.flags.process import FlagProcess

EXTENSION = "quarterdeck-flags"
On = Callable[[Context], bool]
Decide = Callable[[Context], Evaluation]


class Holder(Protocol):
    """What the questions of use.py are put to."""

    @property
    def on(self) -> Mapping[str, On]:
        """Flag → whether it is on."""

    @property
    def decide(self) -> Mapping[str, Decide]:
        """Flag → its whole answer."""

    @property
    def process(self) -> "FlagProcess | None":
        """The one that answers here."""


class StaleAnswers(dict[str, Decide]):
    """A table's answers, each marked as possibly out of date; made when first asked for."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._decide = table.decide

    def __missing__(self, key: str) -> Decide:
        decide = self._decide[key]

        def answer(context: Context) -> Evaluation:
            found = decide(context)
            return found if found.reason is Reason.ERROR else replace(found, reason=Reason.STALE)

        self[key] = answer
        return answer


class Several:
    """Before the app is made nothing is known; with several in one process, as in tests, the current one answers."""

    def __init__(self) -> None:
        self._newest: FlagProcess | None = None

    def add(self, held: "FlagProcess") -> None:
        """Take one more app."""
        self._newest = held

    @property
    def on(self) -> Mapping[str, On]:
        """Flag → whether it is on."""
        return self.process.on if self.process else {}

    @property
    def decide(self) -> Mapping[str, Decide]:
        """Flag → its whole answer."""
        return self.process.decide if self.process else {}

    @property
    def process(self) -> "FlagProcess | None":
        """The one of the current app, else of the newest."""
        if has_app_context():
            return current_app.extensions.get(EXTENSION, self._newest)
        return self._newest


_several = Several()
here: Holder = _several


def add(held: "FlagProcess") -> None:
    """Take the flags of one more app; only the first is asked without a detour."""
    global here  # noqa: PLW0603 (one lookup on the hot path is what this module is for)
    here = held if _several.process is None else _several
    _several.add(held)
