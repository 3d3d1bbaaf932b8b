"""The files of the demonstration: pictures of frames, price lists, delivery notes. Drawn here, the same each time."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from app.demo.catalogue import COLOURS, MODELS, Ware
from app.storage.service.reserve import NewFile
from app.storage.service.sending import keep
from app.storage.states import Category, Visibility

PAINT = {"TOR": (122, 74, 38), "BLK": (34, 34, 38), "NVY": (36, 52, 96), "GRN": (70, 92, 60)}
SIZE = (960, 540)
NOTES, LINES_A_NOTE = 3, 14


@dataclass(frozen=True)
class Paper:
    """A file before it is kept."""

    name: str
    category: Category
    body: bytes
    content_type: str
    visibility: Visibility = Visibility.PRIVATE


def keep_papers(slug: str, wares: Sequence[Ware], today: date) -> int:
    """Keep a company's files; return how many. Outside of any transaction."""
    papers = [
        *(pictures() if slug == "harbour" else ()),
        *price_lists(wares, today),
        *delivery_notes(slug, wares, today),
    ]
    for paper in papers:
        new = NewFile(
            paper.name, paper.category, paper.content_type, len(paper.body), visibility=paper.visibility, is_ours=True
        )
        keep(new, io.BytesIO(paper.body))
    return len(papers)


def pictures() -> Iterator[Paper]:
    """Yield a picture of each model, in one colour or another: what a shop shows, so anybody may fetch it."""
    for number, (code, model) in enumerate(MODELS.items()):
        colour = sorted(COLOURS)[number % len(COLOURS)]
        name = f"{model} {COLOURS[colour]}.png".lower().replace(" ", "-")
        yield Paper(name, Category.PRODUCTS, draw_frame(code, colour), "image/png", Visibility.PUBLIC)


def draw_frame(code: str, colour: str) -> bytes:
    """Draw a pair of glasses from the front: how round it is comes from the model."""
    image = Image.new("RGB", SIZE, (246, 244, 238))
    pen = ImageDraw.Draw(image)
    roundness = 40 + 16 * sorted(MODELS).index(code)
    paint, glass = PAINT[colour], (226, 232, 236)
    for left in (150, 530):
        pen.rounded_rectangle((left, 170, left + 280, 370), radius=roundness, fill=glass, outline=paint, width=18)
    pen.arc((400, 190, 560, 310), 200, 340, fill=paint, width=16)
    for left, right in ((90, 160), (800, 870)):
        pen.line((left, 205, right, 215), fill=paint, width=16)
    target = io.BytesIO()
    image.save(target, "PNG", optimize=True)
    return target.getvalue()


def price_lists(wares: Sequence[Ware], today: date) -> Iterator[Paper]:
    """Yield the price lists of this quarter and of three before it."""
    for back in range(4):
        day = today - timedelta(days=91 * back)
        quarter = f"{day.year}-Q{(day.month - 1) // 3 + 1}"
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\r\n")
        writer.writerow(["SKU", "Name", "Category", "Price"])
        writer.writerows([ware.sku, ware.name, ware.category, ware.price] for ware in wares if not ware.is_asset)
        yield Paper(f"price-list-{quarter}.csv", Category.DOCUMENTS, target.getvalue().encode(), "text/csv")


def delivery_notes(slug: str, wares: Sequence[Ware], today: date) -> Iterator[Paper]:
    """Yield delivery notes of the last weeks as PDF."""
    sold = [ware for ware in wares if not ware.is_asset]
    for number in range(NOTES):
        day = today - timedelta(days=9 * number + 2)
        lines = [sold[(number * 31 + step * 7) % len(sold)] for step in range(LINES_A_NOTE)]
        yield Paper(f"delivery-note-{slug}-{day}.pdf", Category.DOCUMENTS, draw_note(day, lines), "application/pdf")


def draw_note(day: date, lines: Sequence[Ware]) -> bytes:
    """Draw one page: a heading and what was in the parcel."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1)
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(60, 770, "Delivery note")
    canvas.setFont("Helvetica", 11)
    canvas.drawString(60, 745, f"Packed {day:%d %B %Y}")
    for place, ware in enumerate(lines):
        height = 700 - 24 * place
        canvas.drawString(60, height, ware.sku)
        canvas.drawString(220, height, ware.name)
        canvas.drawRightString(530, height, str(1 + place % ware.pack))
    canvas.showPage()
    canvas.save()
    return target.getvalue()
