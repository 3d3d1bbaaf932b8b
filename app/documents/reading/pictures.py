"""Files become pictures an engine can read, never larger than we want them: a small file can hold a huge picture."""

from pathlib import Path
from typing import IO, Any

from app.documents.problems import TooManyPixels, UnknownKind

MOST_PIXELS = 40_000_000  # a phone takes 12 to 50 million; the engine looks at far fewer
LONGEST_SIDE = 2000
FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
Picture = Any  # PIL.Image.Image: Pillow comes with the extra


def check_picture(path: Path | IO[bytes], kind: str) -> None:
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


def _open(path: Path | IO[bytes], kind: str) -> Picture:
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
