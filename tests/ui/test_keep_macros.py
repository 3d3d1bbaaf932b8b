"""Macros that are asked once for the same arguments, and what is not the same."""

from markupsafe import Markup, escape

from app.core.kept import keep


def test_a_text_that_looks_like_markup_is_escaped_all_the_same() -> None:
    asked: list[str] = []

    def macro(text: str) -> Markup:
        asked.append(text)
        return escape(text)

    kept = keep(macro)
    assert kept(Markup("<b>")) == Markup("<b>")
    assert kept("<b>") == Markup("&lt;b&gt;")
    assert kept("<b>") == Markup("&lt;b&gt;")
    assert len(asked) == 2


def test_one_is_not_true() -> None:
    kept = keep(lambda value: Markup(str(value)))  # noqa: S704 (of a number)
    assert [kept(1), kept(True), kept(1.0)] == ["1", "True", "1.0"]
