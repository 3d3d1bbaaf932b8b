"""What happened to flags and segments, on the installation's topic `flags`."""

from typing import Any

from app.core.outbox import Fact

JSON = dict[str, Any]


class _Verbatim:
    """Facts whose values are written as they are: the names of variants and attributes are people's own."""

    def data(self) -> JSON:
        """Return the fields."""
        return dict(vars(self))


class FlagCreated(_Verbatim, Fact, type="flag.created", topic="flags", row="key"):
    """Somebody made a flag; it is off everywhere."""

    key: str
    changes: JSON
    reason: str
    version: int
    change: str


class FlagChanged(_Verbatim, Fact, type="flag.changed", topic="flags", row="key"):
    """A flag answers otherwise, in one environment or, when that is None, is another flag in all of them.

    Attributes:
        act: What somebody did: enabled, disabled, share-set, split-set, rules-set, prerequisites-set, settings-set,
            allowed, blocked, unlisted, list-replaced, edited, reverted, imported.
        changes: Field → [before, after].
        lists: allow and block → added, removed (the first of them) and how many.
        change: The id of the entry in the flag's history, which a revert names.
    """

    key: str
    environment: str | None
    act: str
    changes: JSON
    lists: JSON
    reason: str
    version: int
    change: str


class FlagArchived(_Verbatim, Fact, type="flag.archived", topic="flags", row="key"):
    """A flag was taken out of use: whoever asks for it gets their own default."""

    key: str
    reason: str
    version: int
    change: str


class SegmentChanged(_Verbatim, Fact, type="segment.changed", topic="flags"):
    """A segment was made, edited or archived; every flag that uses it answers accordingly."""

    key: str
    act: str
    changes: JSON
    reason: str
    version: int
