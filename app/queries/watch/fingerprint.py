"""What a statement is, whatever values it is sent with: PostgreSQL's own grammar reads it (libpg_query)."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import pgparse

MOST_TEXTS = 5000
LONGEST = 100_000  # a longer text is no statement anybody wrote
VERBS = {
    "SelectStmt": "select", "InsertStmt": "insert", "UpdateStmt": "update", "DeleteStmt": "delete",
    "MergeStmt": "merge",
}  # fmt: skip
# psycopg's placeholders; what it does with them it does inside literals, too.
PLACEHOLDER = re.compile(r"%\((\w+)\)[sbt]|%[sbt]|%%")
# What may hold a value or a person's words: comments, literals, dollar quotes, numbers. Quoted names stay.
SAID = re.compile(
    r"""(?P<name>"(?:[^"]|"")*")|(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<parameter>\$\d+)"""
    r"""|(?P<literal>[eExXbBnNuU]?&?'(?:[^'\\]|''|\\.)*(?:'|$)|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|$)|\b\d[\d.]*(?:e[+-]?\d+)?\b)""",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Known:
    """A statement.

    Attributes:
        fingerprint: Of its parse tree: 16 hexadecimal digits; begins with x when the text does not parse.
        text: Without a value in it.
        verb: `select`, `insert`, `update`, `delete`, `merge` or `other`.
        tables: Which it names, in order of the alphabet.
    """

    fingerprint: str
    text: str
    verb: str
    tables: tuple[str, ...]


class Texts:
    """What this process knows of the texts it sent last; bounded.

    Attributes:
        forgotten: How many were pushed out by others.
    """

    def __init__(self, most: int = MOST_TEXTS) -> None:
        self.most, self.forgotten = most, 0
        self._known: OrderedDict[str, Known] = OrderedDict()

    def read(self, text: str) -> tuple[Known, bool]:
        """Return what a text is, and whether it had to be parsed for that."""
        found = self._known.get(text)
        if found is not None:
            self._known.move_to_end(text)
            return found, False
        made = self._known[text] = read_statement(text)
        if len(self._known) > self.most:
            self._known.popitem(last=False)
            self.forgotten += 1
        return made, True


def read_statement(text: str) -> Known:
    """Return what a statement is, as SQLAlchemy sent it or as PostgreSQL tells it."""
    plain = number_parameters(text[:LONGEST])
    try:
        fingerprint = pgparse.fingerprint(plain)
        tree = [one["stmt"] for one in pgparse.parse(plain)]
        normal = pgparse.normalize(plain)
    except (pgparse.PGQueryError, ValueError, RecursionError):
        return _unread(plain)
    kind = next(iter(tree[0]), "") if tree else ""
    is_sure = kind in VERBS and len(tree) == 1
    ctes = {str(one["ctename"]) for one in dicts_of(tree) if "ctename" in one}
    tables = sorted({str(one["relname"]) for one in dicts_of(tree) if "relname" in one} - ctes)
    # normalize leaves alone what is no query: SET, NOTIFY, DO hold literals, and any text may hold comments.
    shown = strip_comments(normal) if is_sure else strip_values(normal)
    return Known(fingerprint, shown, VERBS.get(kind, "other"), tuple(tables))


def fingerprint_of(text: str) -> str:
    """Return a statement's fingerprint; "" for an empty text."""
    return read_statement(text).fingerprint if text.strip() else ""


def number_parameters(text: str) -> str:
    """Return a text with PostgreSQL's `$1` instead of psycopg's `%(name)s`."""
    numbers: dict[str, int] = {}
    anonymous = 0

    def number(found: re.Match[str]) -> str:
        nonlocal anonymous
        if found[0] == "%%":
            return "%"
        if found[1]:
            return f"${numbers.setdefault(found[1], len(numbers) + 1)}"
        anonymous += 1
        return f"${anonymous}"

    return PLACEHOLDER.sub(number, text) if "%" in text else text


def strip_comments(text: str) -> str:
    """Return a text without comments, its white space made even."""
    return _even(SAID.sub(lambda found: " " if found["comment"] else found[0], text))


def strip_values(text: str) -> str:
    """Return a text without comments and literals."""

    def without(found: re.Match[str]) -> str:
        return " " if found["comment"] else "?" if found["literal"] else found[0]

    return _even(SAID.sub(without, text))


def _even(text: str) -> str:
    return " ".join(text.split())


def _unread(text: str) -> Known:
    shown = strip_values(text)
    digest = blake2b(shown.encode(errors="replace"), digest_size=8).hexdigest()
    verb = shown.split(" ", 1)[0].lower()
    return Known(f"x{digest}", shown, verb if verb in VERBS.values() else "other", ())


def dicts_of(tree: Any) -> Iterator[dict[str, Any]]:  # Any: the grammar's own JSON
    """Yield every node, in no order."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            yield one
            waiting.extend(one.values())
