"""The register of sentences, and the few words they share."""

from collections.abc import Callable
from typing import Any

from app.core.present import format_count

Data = dict[str, Any]  # Any: a fact's fields as JSON
Predicate = Callable[[Data], str]
PREDICATES: dict[str, Predicate] = {}
LONGEST_QUOTE = 120


def says(*types: str) -> Callable[[Predicate], Predicate]:
    """Register the words of these types of fact."""

    def register(words: Predicate) -> Predicate:
        PREDICATES.update(dict.fromkeys(types, words))
        return words

    return register


def in_words(type_: str) -> str:
    """Return any type of fact in plain words: `stock-take.changed` → `recorded “stock take changed”`."""
    return f"recorded “{type_.replace('.', ' ').replace('-', ' ')}”"


def count(n: Any, noun: str) -> str:  # Any: a number out of JSON
    """Return a count with its noun."""
    return f"{format_count(int(n))} {noun}{'' if int(n) == 1 else 's'}"


def quote(text: Any) -> str:  # Any: text out of JSON
    """Return somebody's own words, cut where they are long."""
    words = " ".join(str(text).split())
    return f"“{words[: LONGEST_QUOTE - 1]}…”" if len(words) > LONGEST_QUOTE else f"“{words}”"


def listed(words: list[str]) -> str:
    """Return words as a list: `a`, `a and b`, `a, b and c`."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
