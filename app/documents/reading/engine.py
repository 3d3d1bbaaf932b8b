"""The engine that reads pictures: RapidOCR on onnxruntime, whose models come with its wheel. An optional extra."""

from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.documents.problems import NoReader
from app.documents.reading.layout import Word, lies_on_its_side
from app.documents.reading.pdfs import read_pdf
from app.documents.reading.pictures import Picture, read_picture

NEEDED = ("rapidocr", "onnxruntime", "PIL")
QUARTER_TURNS = (270, 90)
SURE_ENOUGH = 0.85  # a sheet the right way up is read with 0.95 and more


def is_installed() -> bool:
    """Say whether the extra is here; nothing is imported by asking."""
    return all(find_spec(name) is not None for name in NEEDED)


def read_pages(path: Path, kind: str) -> Iterator[list[Word]]:
    """Yield the words of each page of a file. A PDF that holds its text needs no engine.

    Raises:
        NoReader: It has to be looked at, and the extra is not installed.
        TooManyPixels, TooManyPages, PdfTooLarge, UnknownKind: It is not read.
    """
    can_look, has_words = is_installed(), False
    if kind != "pdf":
        if not can_look:
            raise NoReader
        yield read_words(read_picture(path, kind))
        return
    for found in read_pdf(path, may_draw=can_look):
        words = found if isinstance(found, list) else read_words(found)
        has_words = has_words or bool(words)
        yield words
    if not can_look and not has_words:
        raise NoReader


def read_words(picture: Picture) -> list[Word]:
    """Return the words on a picture, turned first when it was taken sideways or upside down."""
    words = _look(picture)
    if lies_on_its_side(words):
        turned = [_look(picture.rotate(angle, expand=True)) for angle in QUARTER_TURNS]
    elif words and weight_of(words) < SURE_ENOUGH * sum(len(word.text) for word in words):
        turned = [words, _look(picture.rotate(180, expand=True))]
    else:
        return words
    # Any way may be up: the one in which the engine is surer is the right one.
    return max(turned, key=weight_of)


def weight_of(words: list[Word]) -> float:
    """Return how much was read, each letter by how sure it is."""
    return sum(word.sure * len(word.text) for word in words)


def _look(picture: Picture) -> list[Word]:
    import numpy as np

    # The engine wants blue first, as OpenCV has it. It would turn each word by itself and leave the sheet upside down.
    found = _engine()(np.asarray(picture)[:, :, ::-1], use_cls=False)
    if found.boxes is None or found.txts is None:
        return []
    return [
        Word(" ".join(text.split()), tuple((float(x), float(y)) for x, y in box), float(sure))  # type: ignore[arg-type]
        for box, text, sure in zip(found.boxes, found.txts, found.scores, strict=True)
        if text.strip()
    ]


@lru_cache(maxsize=1)
def _engine() -> Any:  # Any: RapidOCR has no types
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical"})
