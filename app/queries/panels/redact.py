"""A statement as the server shows it, without a value: literals and comments may be anybody's data.

The server cuts long texts, so they need not parse; what begins as a literal and never ends is hidden to the end.
"""

import re

MOST_CHARACTERS = 2000
HIDDEN = "?"
TOKENS = re.compile(
    r"""
      (?P<comment> --[^\n]*\n? | /\*.*?(?:\*/|\Z) )
    | (?P<quoted> \b[eEbBxXnN]'(?:[^'\\]|''|\\.)*(?:'|\\?\Z) | \b[uU]&'(?:[^']|'')*(?:'|\Z) | '(?:[^']|'')*(?:'|\Z) )
    | (?P<dollar> \$(?P<tag>[A-Za-z_]\w*|)\$.*?(?:\$(?P=tag)\$|\Z) )
    | (?P<name> "(?:[^"]|"")*(?:"|\Z) | [A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]* )
    | (?P<place> \$\d+ )
    | (?P<number> 0[xXoObB][\da-fA-F_]+ | (?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)? )
    """,
    re.VERBOSE | re.DOTALL,
)


def redact(text: str) -> str:
    """Return a statement in one line with every literal replaced by `?`."""
    return " ".join(TOKENS.sub(_replace, text[:MOST_CHARACTERS]).split())


def _replace(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "comment":
            return " "
        case "name" | "place":
            return found[0]
    return HIDDEN
