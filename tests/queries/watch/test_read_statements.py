"""What a statement is, whatever values and comments it is sent with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.queries.watch.fingerprint import Texts, fingerprint_of, read_statement

SAME = (
    ("SELECT a FROM t WHERE b = %(b_1)s::VARCHAR", "select a from t where b = $1"),
    ("SELECT a FROM t WHERE b IN (%(b_1)s, %(b_2)s)", "SELECT a FROM t WHERE b IN ($1)"),
    ("SELECT a FROM t WHERE b = 'x' -- of ada", "SELECT a\n FROM t WHERE b = %s"),
    ("INSERT INTO t (a) VALUES (%(a__0)s), (%(a__1)s)", "INSERT INTO t (a) VALUES ($1)"),
    ("SELECT a FROM t WHERE b LIKE 'x%%'", "SELECT a FROM t WHERE b LIKE $1"),
    ("SAVEPOINT sa_savepoint_1", "SAVEPOINT sa_savepoint_2"),
)
OTHER = (
    ("SELECT a FROM t", "SELECT a FROM u"),
    ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b > 1"),
    ("SELECT a FROM t", "SELECT a FROM t FOR UPDATE"),
    ("not sql at all", "other words"),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_application_and_the_server_name_it_alike(one: str, other: str) -> None:
    assert fingerprint_of(one) == fingerprint_of(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_statement_has_another_fingerprint(one: str, other: str) -> None:
    assert fingerprint_of(one) != fingerprint_of(other)


@pytest.mark.parametrize(
    ("text", "verb", "tables"),
    [
        ("SELECT 1 FROM public.orders o JOIN items i ON i.id = o.id", "select", ("items", "orders")),
        ("INSERT INTO outbox (a) VALUES (1) ON CONFLICT DO NOTHING", "insert", ("outbox",)),
        ("UPDATE stock SET free = 1 FROM items WHERE items.id = stock.id", "update", ("items", "stock")),
        ("DELETE FROM holds USING orders WHERE true", "delete", ("holds", "orders")),
        ("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", "merge", ("a", "b")),
        ("WITH gone AS (DELETE FROM outbox RETURNING *) SELECT * FROM gone", "select", ("outbox",)),
        ("COMMIT", "other", ()),
        ("SET LOCAL a = 'b'", "other", ()),
    ],
)
def test_verb_and_tables_are_read_from_the_tree(text: str, verb: str, tables: tuple[str, ...]) -> None:
    known = read_statement(text)
    assert (known.verb, known.tables) == (verb, tables)


def test_what_does_not_parse_is_known_by_its_words() -> None:
    known = read_statement("SELECT 'secret' FORM orders WHERE id = 42")
    assert known.fingerprint.startswith("x")
    assert known.text == "SELECT ? FORM orders WHERE id = ?"
    assert known.fingerprint == fingerprint_of("SELECT 'other' FORM orders WHERE id = 43")
    assert fingerprint_of("  ") == ""


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert read_statement(text).fingerprint


@given(
    st.from_regex(r"[a-z0-9]{12}", fullmatch=True), st.sampled_from(["'{}'", "E'{}'", "$${}$$", "/* {} */", "-- {}"])
)
def test_no_literal_stays_in_a_text(secret: str, form: str) -> None:
    secret = f"q{secret}"
    for text in ("SELECT a FROM t WHERE b = 1 AND c = {}", "SET x = {}", "CALL f({})", "SELECT broken ( {}"):
        assert secret not in read_statement(text.format(form.format(secret))).text


def test_texts_are_parsed_once_and_forgotten_in_their_order() -> None:
    texts = Texts(most=2)
    assert [texts.read(text)[1] for text in ("SELECT 1", "SELECT a", "SELECT 1", "SELECT b", "SELECT a")] == [
        True, True, False, True, True,
    ]  # fmt: skip
    assert texts.forgotten == 2
