"""A report as PDF: what it is, its sums, its charts, how its figures are made, and a number on every page."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from app.core.present import format_exact
from app.reports.content import Cell, Content
from app.reports.content import Table as Sums
from app.reports.writers.pdf_chart import draw_bars
from app.reports.writers.pdf_pages import numbered

FONT, BOLD = "Vera", "VeraBd"
MARGIN = 18 * mm
LONGEST = 46  # characters of a cell; names are cut, figures never are
INK, FAINT, RULE = colors.HexColor("#1b2330"), colors.HexColor("#5a6472"), colors.HexColor("#c9ced6")


@lru_cache(maxsize=1)
def load_fonts() -> None:
    """Take the fonts that come with reportlab: its built-in ones know Latin 1 alone."""
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in (FONT, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))


def write_pdf(content: Content, target: IO[bytes], step: Callable[[int], None]) -> None:
    """Write the report."""
    load_fonts()
    width = A4[0] - 2 * MARGIN
    about = f"{content.title}, {content.company}, {content.period.words}"
    page = SimpleDocTemplate(
        target, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 6 * mm,
        title=about, author=content.company, creator="Quarterdeck", lang="en-GB",
    )  # fmt: skip
    story: list[Any] = [  # flowables of reportlab, which has no types
        _text(content.title, 18, bold=True),
        _text(content.company, 12),
        _text(f"{content.period.words}, days of {content.period.zone}", 10),
        _text(f"Made {format_exact(content.made_at, content.period.zone)}", 9, faint=True),
        Spacer(0, 6 * mm),
    ]
    first, *rest = content.tables
    story += _sums(first, width)
    for chart in content.charts:
        story.append(
            KeepTogether([_text(chart.title, 11, bold=True), draw_bars(chart, width, FONT), Spacer(0, 5 * mm)])
        )
    for table in rest:
        story += _sums(table, width)
    story.append(_text("How these figures are made", 11, bold=True))
    story += [_text(sentence, 9) for sentence in content.how]
    page.build(story, canvasmaker=numbered(about, FONT, MARGIN))
    step(1)


def _sums(table: Sums, width: float) -> list[Any]:  # Any: as above
    if not table.rows:
        return [_text(table.title, 11, bold=True), _text("Nothing in this period.", 9, faint=True), Spacer(0, 5 * mm)]
    rows = [table.head, *[tuple(spell(cell) for cell in row) for row in table.rows]]
    numeric = [n for n, cell in enumerate(table.rows[0]) if isinstance(cell, int | Decimal)]
    style = [
        ("FONT", (0, 0), (-1, 0), BOLD, 7.5), ("FONT", (0, 1), (-1, -1), FONT, 7.5), ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ("LINEBELOW", (0, 0), (-1, 0), 0.75, INK), ("LINEBELOW", (0, 1), (-1, -1), 0.25, RULE),
        ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        *[("ALIGN", (n, 0), (n, -1), "RIGHT") for n in numeric],
    ]  # fmt: skip
    made = Table(rows, repeatRows=1, style=style, hAlign="LEFT")
    return [_text(table.title, 11, bold=True), made, Spacer(0, 5 * mm)]


def spell(cell: Cell) -> str:
    """Return a cell as people read it."""
    if isinstance(cell, Decimal):
        return f"{cell:,f}".replace("-", "−")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int):
        return f"{cell:,}".replace("-", "−")
    text = " ".join(cell.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _text(text: str, size: float, *, bold: bool = False, faint: bool = False) -> Any:  # Any: as above
    style = ParagraphStyle(
        "text", fontName=BOLD if bold else FONT, fontSize=size, leading=size * 1.4, spaceAfter=size * 0.3,
        textColor=FAINT if faint else INK,
    )  # fmt: skip
    return Paragraph(escape(text), style)  # a name is text, whatever markup stands in it
