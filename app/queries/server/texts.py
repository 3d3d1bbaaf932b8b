"""The text of a statement without a value in it.

PostgreSQL replaces the constants of what it plans; of other commands it keeps them (`NOTIFY channel, 'word'`,
`COMMENT … IS '…'`), and comments stay as they were sent. So each text is normalised once more, and what still
looks like a value is taken out.
"""

import re

import pgparse

from app.queries.plans.repair import repair_text

MOST_CHARACTERS = 20_000
PIECES = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?\*/ )
  | (?P<string> [eE]'(?:[^'\\]|''|\\.)*(?:'|\Z) | (?:[bBnNxX]|[uU]&)?'(?:[^']|'')*(?:'|\Z)
              | \$(?P<tag>[A-Za-z_]\w*)?\$.*?(?:(?(tag)\$(?P=tag)\$|\$\$)|\Z) )
  | (?P<name> "(?:[^"]|"")*" | \$\d+ | [A-Za-z_]\w* )
  | (?P<number> \d[\w.]* )
    """,
    re.DOTALL | re.VERBOSE,
)
PLANNED = re.compile(r"\s*(select|insert|update|delete|merge|with|values|table|\()", re.IGNORECASE)
BLANKS = re.compile(r"[ \t]*\n\s*|[ \t]{2,}")


def safe_text(text: str) -> str:
    """Return a statement's text with every value replaced by a parameter or by `?`, and without comments."""
    text = repair_text(text)
    try:
        normalised = str(pgparse.normalize(text))
        keeps_numbers = PLANNED.match(text) is not None  # its constants are parameters now; what is left is varchar(32)
    except pgparse.PGQueryError:
        normalised, keeps_numbers = text, False
    return BLANKS.sub(" ", mask(normalised, keeps_numbers=keeps_numbers)).strip()[:MOST_CHARACTERS]


def mask(text: str, *, keeps_numbers: bool = False) -> str:
    """Return a text with its literals replaced by `?`; parameters and names stay."""
    return PIECES.sub(lambda found: _piece(found, keeps_numbers=keeps_numbers), text)


def _piece(found: re.Match[str], *, keeps_numbers: bool) -> str:
    if found["comment"]:
        return " "
    if found["string"] or (found["number"] and not keeps_numbers):
        return "?"
    return found[0]


def fingerprint(text: str) -> str:
    """Return what joins a text to what the app sent: the hash of its parse tree; "" when it does not parse."""
    try:
        return str(pgparse.fingerprint(text))
    except pgparse.PGQueryError:
        return ""
