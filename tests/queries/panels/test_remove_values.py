"""Statements as the server shows them, without a value: also those it cut in the middle of one."""

import pytest

from app.queries.panels.redact import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SELECT * FROM t1 WHERE a = 'x''y' AND b=12.5e3", "SELECT * FROM t1 WHERE a = ? AND b=?"),
        ("SELECT $1, %s, :name", "SELECT $1, %s, :name"),
        ("SELECT E'it\\'s', U&'d\\0061t', b'01', X'ff', N'n'", "SELECT ?, ?, ?, ?, ?"),
        ("SELECT $$secret$$, $tag$secret $$ more$tag$ , 1", "SELECT ?, ? , ?"),
        ("SELECT 1 -- secret\n, 2 /* secret */", "SELECT ? , ?"),
        ('SELECT "Name""d" FROM "t 1"', 'SELECT "Name""d" FROM "t 1"'),
        ("SELECT 'cut in the midd", "SELECT ?"),
        ("SELECT $$cut in the midd", "SELECT ?"),
        ("SELECT 1 /* cut in the midd", "SELECT ?"),
        ("SELECT E'cut after a \\", "SELECT ?"),
        ("SELECT -5, +.5, 0x1F, 1_000", "SELECT -?, +?, ?, ?"),
        ("SELECT\n  a\n  FROM t", "SELECT a FROM t"),
        ("COPY t FROM STDIN", "COPY t FROM STDIN"),
        ("", ""),
    ],
)
def test_literals_and_comments_are_hidden(text, shown):
    assert redact(text) == shown


def test_it_takes_no_longer_than_the_text_is_long():
    text = "SELECT " + "'" * 50_000
    assert redact(text) == "SELECT ?"
