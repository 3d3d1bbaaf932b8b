"""Files become pictures an engine can read, never larger than we want them: a small file can hold a huge picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.documents.problems import TooManyPages, TooManyPixels, UnknownKind
from app.documents.reading.layout import Word

MOST_PIXELS = 40_000_000  # a phone takes 12 to 50 million; the engine looks at far fewer
LONGEST_SIDE = 2000
MOST_PAGES = 10
LEAST_TEXT = 20  # characters a PDF must hold as text to be read without looking at it
FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
Picture = Any  # PIL.Image.Image: Pillow comes with the extra


def check_picture(path: Path, kind: str) -> None:
    """Look at the size a picture says it has, before any of it is unpacked.

    Raises:
        TooManyPixels, UnknownKind: It is not read.
    """
    if kind != "pdf":
        _open(path, kind).close()


def read_picture(path: Path, kind: str) -> Picture:
    """Return a photo upright, in RGB, at most 2,000 pixels long.

    Raises:
        TooManyPixels, UnknownKind: It is not read.
    """
    from PIL import ImageOps

    with _open(path, kind) as source:
        try:
            source.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is unpacked at a fraction of its size
            upright = ImageOps.exif_transpose(source)
            if upright.mode in {"RGBA", "LA", "P", "PA"}:
                upright = _on_white(upright.convert("RGBA"))
            picture = upright.convert("RGB")
        except (OSError, SyntaxError, ValueError, EOFError):
            raise UnknownKind from None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return picture


def _open(path: Path, kind: str) -> Picture:
    from PIL import Image

    try:
        source = Image.open(path, formats=[FORMATS[kind]])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # Pillow's own limit, above ours
        raise TooManyPixels(limit=MOST_PIXELS) from None
    except (OSError, SyntaxError, ValueError):
        raise UnknownKind from None
    width, height = source.size
    if width * height > MOST_PIXELS:
        source.close()
        raise TooManyPixels(limit=MOST_PIXELS)
    return source


def _on_white(picture: Picture) -> Picture:
    """Put what is transparent on paper: turned into RGB as it is, it would be black."""
    from PIL import Image

    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture)
    return paper


def read_pdf(path: Path) -> Iterator[Picture | list[Word]]:
    """Yield each page: its words where the PDF holds them as text, else its picture.

    Raises:
        TooManyPages, UnknownKind: It is not read.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:  # broken, or locked with a password
        raise UnknownKind from None
    with document:
        if len(document) > MOST_PAGES:
            raise TooManyPages(pages=len(document), limit=MOST_PAGES)
        for number in range(len(document)):
            page = document[number]
            words = _words_of(page)
            yield words if sum(len(word.text) for word in words) >= LEAST_TEXT else _draw(page)


def _words_of(page: Any) -> list[Word]:  # Any: pypdfium2's page
    """Return the pieces of text of a page, with the y axis turned downwards as in a picture."""
    text, high = page.get_textpage(), page.get_height()
    words = []
    for number in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(number)
        said = " ".join(text.get_text_bounded(left, bottom, right, top).split())
        if said:
            corners = ((left, high - top), (right, high - top), (right, high - bottom), (left, high - bottom))
            words.append(Word(said, corners, 1.0))
    return words


def _draw(page: Any) -> Picture:  # Any: as above
    """Draw a page so that its longer side has 2,000 pixels, whatever paper it says it is."""
    longer = max(page.get_width(), page.get_height(), 1.0)
    picture = page.render(scale=LONGEST_SIDE / longer).to_pil().convert("RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return picture
