"""The first lines of a text, and the first rows of a CSV file: small enough to stand in the file's own row."""

import csv
from typing import Any

READ_BYTES = 32_768
MOST_LINES, MOST_COLUMNS, MOST_LETTERS = 30, 12, 160
READABLE = frozenset({"text/plain", "text/csv", "application/json", "text/markdown"})


def first_lines(head: bytes, content_type: str, *, is_whole: bool) -> dict[str, Any]:
    """Return `lines`, or `rows` of CSV, and whether there is more.

    Args:
        head: The first bytes, at most READ_BYTES.
        is_whole: They are all there are.
    """
    text = decode(head)
    lines = text.splitlines()
    if not is_whole and len(lines) > 1:
        lines = lines[:-1]  # it may be cut in the middle
    has_more = not is_whole or len(lines) > MOST_LINES
    if content_type == "text/csv":
        return {"rows": rows_of(lines), "has_more": has_more}
    return {"lines": [line[:MOST_LETTERS] for line in lines[:MOST_LINES]], "has_more": has_more}


def decode(head: bytes) -> str:
    """Return bytes as text: UTF-16 by its mark, UTF-8, and else Latin-1, in which every byte is a letter."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", errors="ignore")
    else:
        try:
            text = head.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            is_cut = error.reason == "unexpected end of data"
            text = head.decode("utf-8-sig", errors="ignore") if is_cut else head.decode("latin-1")
    return text.replace("\x00", "")


def rows_of(lines: list[str]) -> list[list[str]]:
    """Return the first rows of a CSV file, by the separator that its first line has most of."""
    if not lines:
        return []
    separator = max(",;\t|", key=lines[0].count)
    try:
        rows = list(csv.reader(lines[: MOST_LINES * 2], delimiter=separator))
    except csv.Error:
        rows = [[line] for line in lines]
    return [[cell[:MOST_LETTERS] for cell in row[:MOST_COLUMNS]] for row in rows[:MOST_LINES]]
