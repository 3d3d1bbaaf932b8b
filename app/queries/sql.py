"""SQL as pages show it: in one line for a list, laid out for reading, its words told apart."""

import re
from dataclasses import dataclass

KEYWORDS = frozenset(
    """ALL AND AS ASC BETWEEN BY CASE CAST CONCURRENTLY CONFLICT CREATE CROSS CURRENT_DATE CURRENT_TIMESTAMP DELETE DESC DISTINCT DO ELSE END
    EXISTS FALSE FETCH DROP FILTER FIRST FOR FROM FULL GROUP HAVING ILIKE IN INCLUDE INDEX INNER INSERT INTO IS JOIN LAST LATERAL LEFT LIKE
    LIMIT LOCKED MATERIALIZED MERGE NEXT NOT NOTHING NULL NULLS OFFSET ON ONLY OR ORDER OUTER OVER PARTITION RETURNING
    RIGHT ROW ROWS SELECT SET SHARE SKIP THEN TRUE UNION UPDATE USING VALUES WHEN WHERE WINDOW WITH""".split()
)
# A text, a quoted name, a parameter of any style, a word, white space, or one other character.
TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$\d+|%\(\w+\)s|%s|\w+|\s+|.", re.DOTALL)
PARAMETER = re.compile(r"\$\d+|%\(\w+\)s|%s")
CLAUSES = ("FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "RETURNING", "SET", "VALUES", "UNION", "FOR")
JOINS = ("JOIN", "LEFT", "RIGHT", "INNER", "CROSS", "FULL")
BEFORE_JOIN = frozenset({"LEFT", "RIGHT", "INNER", "CROSS", "FULL", "OUTER"})
LONGEST_LIST = 60
LONGEST_LINE = 240


@dataclass(frozen=True)
class Piece:
    """A part of a statement. `kind` is `k` for a keyword, `p` for a parameter, "" for the rest."""

    kind: str
    text: str


def pieces(text: str) -> list[Piece]:
    """Return a statement cut where its colour changes."""
    found: list[Piece] = []
    for token in TOKEN.findall(text):
        kind = kind_of(token)
        if found and (found[-1].kind == kind or token.isspace()):
            found[-1] = Piece(found[-1].kind, found[-1].text + token)
        else:
            found.append(Piece(kind, token))
    return found


def kind_of(token: str) -> str:
    """Return what a token is."""
    if PARAMETER.fullmatch(token):
        return "p"
    return "k" if token.upper() in KEYWORDS else ""


def in_short(text: str) -> str:
    """Return a statement in one line, its long lists of columns left out."""
    tokens = [" " if token.isspace() else token for token in TOKEN.findall(text.strip())]
    short = "".join(_without_lists(tokens))
    return short if len(short) <= LONGEST_LINE else short[: LONGEST_LINE - 1] + "…"


def _without_lists(tokens: list[str]) -> list[str]:
    """Leave out what stands between SELECT and FROM, in brackets after INTO and VALUES, and after RETURNING, if long."""
    found: list[str] = []
    at = 0
    while at < len(tokens):
        found.append(tokens[at])
        word = tokens[at].upper()
        at += 1
        if word in {"SELECT", "RETURNING"}:
            end = _end_of_list(tokens, at)
            part = "".join(tokens[at:end])
            found.append(part if len(part) <= LONGEST_LIST else " … ")
            at = end
        elif word == "(" and _is_list(found):
            end = _closing(tokens, at)
            part = "".join(tokens[at:end])
            found.append(part if len(part) <= LONGEST_LIST else "…")
            at = end
    return found


def _end_of_list(tokens: list[str], at: int) -> int:
    """Return where a list of columns ends: at the FROM, or the bracket, that is not inside brackets of its own."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[place], 0)
        if depth < 0 or (depth == 0 and tokens[place].upper() == "FROM"):
            return place
    return len(tokens)


def _closing(tokens: list[str], at: int) -> int:
    depth = 0
    for place in range(at, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[place], 0)
        if depth < 0:
            return place
    return len(tokens)


def _is_list(found: list[str]) -> bool:
    """Say whether a bracket that was just opened holds columns or values, by the words before it."""
    words = [token.upper() for token in found if not token.isspace()][-3:-1]
    return words[-1:] == ["VALUES"] or words[:1] == ["INTO"]


def laid_out(text: str) -> str:
    """Return a statement with each of its main clauses on a line of its own."""
    tokens = TOKEN.findall(" ".join(text.split()))
    found: list[str] = []
    depth, between, last = 0, False, ""
    for token in tokens:
        word = token.upper()
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0 and not token.isspace():
            if _begins_line(word, last, is_between=between):
                found = [*found[:-1], f"\n{indent(word)}"] if found and found[-1].isspace() else found
            between = word == "BETWEEN" or (between and word != "AND")
        if not token.isspace():
            last = word
        found.append(token)
    return "".join(found)


def _begins_line(word: str, last: str, *, is_between: bool) -> bool:
    if word in {"AND", "OR"}:
        return not is_between
    if word in JOINS:
        return last not in BEFORE_JOIN
    # Neither `IS DISTINCT FROM` nor `ON CONFLICT … DO UPDATE SET` begins a clause.
    return word in CLAUSES and (word, last) not in {("FROM", "DISTINCT"), ("SET", "UPDATE")}


def indent(word: str) -> str:
    """Return the space before a line, so that conditions stand under their WHERE."""
    return "  " if word in {"AND", "OR"} else ""
