"""What a SQLSTATE means, in our words: a server's message may hold a value of a row, a code cannot."""

import re

import psycopg

from app.queries.explain.problems import ExplainFailed

WORDS = {
    "42601": "It is no SQL that this server reads.",
    "42P01": "It names a table that is not there.",
    "42703": "It names a column that is not there.",
    "42883": "It names a function or an operator that is not there for these types.",
    "42804": "Two of its types do not fit.",
    "42P18": "The type of a parameter is not clear; write it behind: $1::bigint.",
    "42P08": "The type of a parameter is not clear; write it behind: $1::bigint.",
    "42P02": "It has a parameter that is not there.",
    "42725": "A function or operator is not clear for these types.",
    "42702": "A column is not clear: name its table.",
    "42803": "It groups and does not group the same column.",
    "42501": "The login may not read what it names.",
    "25006": "It would write, and nothing is written here.",
    "40001": "The replica gave it up, because the primary changed what it read. Try again.",
    "57014": "Planning or running it took too long, and was stopped.",
    "55P03": "A table it names is locked.",
    "53400": "It needs more room than it is given.",
    "54001": "It is too deep.",
    "54000": "It is too large.",
    "54011": "It has too many columns.",
    "0A000": "This server cannot do that.",
}
# Which name it was, and what is said of it when it is a word of who typed the text.
NAMED = {
    "42703": (re.compile(r'^column "?([\w.]+)"? (?:of relation "\w+" )?does not exist'), "It names the column {name}, which is not there."),
    "42P01": (re.compile(r'^(?:relation|missing FROM-clause entry for table) "([\w.]+)"'), "It names the table {name}, which is not there."),
    "42702": (re.compile(r'^column reference "(\w+)" is ambiguous'), "The column {name} is not clear: name its table."),
}  # fmt: skip
CLASSES = {
    "22": "One of its values does not fit its type.",
    "42": "It does not fit this schema.",
    "53": "The server has not enough of something for it.",
    "54": "It is too large.",
    "08": "The connection was lost.",
}


def describe(error: psycopg.Error, *, typed: str = "") -> ExplainFailed:
    """Say why a statement was not planned, without a word of the server's.

    Args:
        typed: What somebody typed: a name that stands in it is said again.
    """
    state = error.sqlstate or "08000"
    reason = name_it(error, typed) or WORDS.get(state) or CLASSES.get(state[:2]) or "It met an error."
    return ExplainFailed(reason=reason, sqlstate=state)


def name_it(error: psycopg.Error, typed: str) -> str:
    """Say which name is not there or not clear; nothing when the name is none of the typed words."""
    pattern, sentence = NAMED.get(error.sqlstate or "", (None, ""))
    found = pattern.search(error.diag.message_primary or "") if pattern else None
    words = set(re.findall(r"\w+", typed.lower()))
    if found is None or not words.issuperset(found[1].lower().split(".")):
        return ""
    return sentence.format(name=found[1])
