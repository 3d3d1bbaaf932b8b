"""Pages of a PDF: their words where the PDF holds them as text, else their picture. A process of its own unpacks them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from app.documents.problems import PdfTooLarge, TooManyPages, UnknownKind
from app.documents.reading import unpacking
from app.documents.reading.layout import Word
from app.documents.reading.pictures import Picture

KEPT = ("PATH", "LD_LIBRARY_PATH", "LANG")  # nothing secret goes where a stranger's file is unpacked


def read_pdf(path: Path, *, may_draw: bool) -> Iterator[Picture | list[Word]]:
    """Yield each page: its words, or its picture where it has too few of them.

    Args:
        may_draw: False where nothing could look at a picture: such a page has the few words it has.

    Raises:
        TooManyPages, UnknownKind, PdfTooLarge: It is not read.
    """
    command = [sys.executable, "-I", unpacking.__file__, str(path), "draw" if may_draw else "text"]
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=kept) as process:
        try:
            assert process.stdout is not None  # noqa: S101 (asked for above)
            yield from _pages_of(process.stdout)
        finally:
            process.kill()


def _pages_of(pipe: IO[bytes]) -> Iterator[Picture | list[Word]]:
    for line in pipe:
        said = json.loads(line) if line.endswith(b"\n") else {}
        if "end" in said:
            return
        if "pages" in said:
            raise TooManyPages(pages=said["pages"], limit=unpacking.MOST_PAGES)
        if "broken" in said:
            raise UnknownKind
        if "words" in said:
            yield [_word_at(*word) for word in said["words"]]
        elif "size" in said:
            yield _picture_of(said, pipe.read(said["size"]))
    raise PdfTooLarge(limit_mb=unpacking.TEXT_MB, limit_s=unpacking.LIMIT_S)


def _word_at(text: str, left: float, top: float, right: float, bottom: float) -> Word:
    return Word(text, ((left, top), (right, top), (right, bottom), (left, bottom)), 1.0)


def _picture_of(said: dict[str, Any], content: bytes) -> Picture:
    from PIL import Image

    if len(content) < said["size"]:
        raise PdfTooLarge(limit_mb=unpacking.DRAWING_MB, limit_s=unpacking.LIMIT_S)
    size = (said["width"], said["height"])
    drawn = Image.frombuffer(said["mode"], size, content, "raw", said["mode"], said["stride"], 1).convert("RGB")
    drawn.thumbnail((unpacking.LONGEST_SIDE, unpacking.LONGEST_SIDE))
    return drawn
