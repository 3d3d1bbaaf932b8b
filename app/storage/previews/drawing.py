"""Draws a small picture of a file in a process of its own with little memory: a file of 4 KB can hold gigabytes.

Run as a script and without the app, so all it holds is that file. It writes one line of JSON and then the picture as
WebP; when there is no line, a limit ended it.
"""

import json
import resource
import sys
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

MEMORY_MB, LIMIT_S = 768, 20
MOST_PIXELS = 60_000_000  # a phone takes 12 to 50 million
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP", "image/avif": "AVIF"}
PDF = "application/pdf"


def main(path: str, content_type: str, side: int, out: BinaryIO) -> None:
    """Write what was found and the picture."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB << 20, MEMORY_MB << 20))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    found, picture = draw_pdf(path, side) if content_type == PDF else draw_picture(path, content_type, side)
    content = BytesIO()
    if picture is not None:
        found |= {"drawn_width": picture.width, "drawn_height": picture.height}
        picture.save(content, "WEBP", quality=80)
    out.write(json.dumps(found).encode() + b"\n" + content.getvalue())
    out.flush()


def draw_picture(path: str, content_type: str, side: int) -> tuple[dict[str, Any], Any]:  # Any: PIL's picture
    """Return a picture's size and a small one of it, upright; None for one that is broken or too large."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(path, formats=[FORMATS[content_type]]) as source:
            width, height = source.size
            if width * height > MOST_PIXELS:
                return {"width": width, "height": height, "problem": "too-many-pixels"}, None
            source.draft("RGB", (side * 2, side * 2))  # a JPEG is unpacked at a fraction of its size
            source.seek(0)
            upright = ImageOps.exif_transpose(source)
            small = upright.convert("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")
            small.thumbnail((side, side))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return {"problem": "too-many-pixels"}, None
    except (OSError, SyntaxError, ValueError, EOFError):
        return {"problem": "broken"}, None
    return {"width": width, "height": height}, small


def draw_pdf(path: str, side: int) -> tuple[dict[str, Any], Any]:  # Any: as above
    """Return how many pages a PDF has and a small picture of the first."""
    import pypdfium2

    try:
        with Path(path).open("rb") as source:  # given its path, it wants a file that has a name
            document = pypdfium2.PdfDocument(source)
            pages = len(document)
            first = document[0]
            longer = max(first.get_width(), first.get_height(), 1.0)
            drawn = first.render(scale=side / longer, rev_byteorder=True)
            return {"pages": pages}, drawn.to_pil().convert("RGB")
    except (pypdfium2.PdfiumError, IndexError, ValueError):  # broken, empty, or locked with a password
        return {"problem": "broken"}, None


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.stdout.buffer)
