"""Order forms drawn for the tests: clean, as a bad photo, as a PDF with text and as a scanned one."""

import io
import random
import zlib
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "DejaVuSans.ttf")
ROWS = [
    ("85123A", "White hanging heart", 6, "2.55"),
    ("71053", "White metal lantern", 12, "3.39"),
    ("GIFT/1", "Gift box small", 100, "1.10"),
    ("LAMP-07", "Desk lamp brass", 3, "45.00"),
]
CUSTOMER = "Harbour Gifts Ltd"
COLUMNS = (80, 320, 780, 900, 1080)
HEADS = ("Item no.", "Description", "Qty", "Unit price", "Amount")


def font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font that Chromium's screenshots use, else Pillow's own."""
    path = next((name for name in FONTS if Path(name).is_file()), None)
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)  # type: ignore[return-value]


def draw_sheet() -> Image.Image:
    """Return the form as a picture."""
    sheet = Image.new("RGB", (1240, 700), "white")
    pen = ImageDraw.Draw(sheet)
    pen.text((80, 60), "PURCHASE ORDER  PO-2291", font=font(36), fill="black")
    pen.text((80, 130), f"Customer: {CUSTOMER}", font=font(28), fill="black")
    for number, cells in enumerate([HEADS, *[cells_of(row) for row in ROWS]]):
        for x, text in zip(COLUMNS, cells, strict=True):
            pen.text((x, 220 + 60 * number), text, font=font(28), fill="black")
    return sheet


def cells_of(row: tuple[str, str, int, str]) -> tuple[str, ...]:
    """Return a row as it is printed."""
    sku, name, quantity, price = row
    return sku, name, str(quantity), price, f"{quantity * float(price):.2f}"


def spoil(sheet: Image.Image, angle: float) -> Image.Image:
    """Return the sheet askew, out of focus and full of specks."""
    spoilt = sheet.rotate(angle, expand=True, fillcolor="white").filter(ImageFilter.GaussianBlur(1))
    dots, draw = random.Random(7), spoilt.load()
    for _ in range(30_000):
        x, y = dots.randrange(spoilt.width), dots.randrange(spoilt.height)
        draw[x, y] = tuple(dots.randrange(256) for _ in range(3))
    return spoilt


def as_bytes(sheet: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    """Return a picture as a file."""
    buffer = io.BytesIO()
    sheet.save(buffer, kind, **options)
    return buffer.getvalue()


def as_pdf() -> bytes:
    """Return the form as a PDF that holds its text."""
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    page = Canvas(buffer, pagesize=(620, 350))
    page.setFont("Helvetica", 12)
    page.drawString(40, 310, f"Customer: {CUSTOMER}")
    for number, cells in enumerate([HEADS, *[cells_of(row) for row in ROWS]]):
        for x, text in zip(COLUMNS, cells, strict=True):
            page.drawString(x / 2, 250 - 30 * number, text)
    page.showPage()
    page.save()
    return buffer.getvalue()


def as_scan() -> bytes:
    """Return the form as a PDF that holds nothing but its picture."""
    return as_bytes(draw_sheet(), "PDF", resolution=150)


def as_text_pdf(*lines: str) -> bytes:
    """Return a PDF of plain lines, each one piece of text, as an editor prints them."""
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    page = Canvas(buffer, pagesize=(620, 800))
    for number, line in enumerate(lines):
        page.drawString(40, 740 - 24 * number, line)
    page.showPage()
    page.save()
    return buffer.getvalue()


def as_pdf_bomb(megabytes: int) -> bytes:
    """Return a PDF of a few KB whose page is this many megabytes of spaces, packed twice."""
    packer, spaces = zlib.compressobj(9), b" " * (1 << 20)
    once = b"".join([packer.compress(spaces) for _ in range(megabytes)] + [packer.flush()])
    content = zlib.compress(once, 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>",
        b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%b\nendstream" % (len(content), content),
    ]
    pdf, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(pdf))
        pdf += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        pdf + b"xref\n0 5\n0000000000 65535 f \n" + table
        + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(pdf)
    )  # fmt: skip
