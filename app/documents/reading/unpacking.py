"""Unpacks a PDF in a process of its own, with little memory: a PDF of 4 KB can hold gigabytes.

Run as a script and without the app, so what it holds is the PDF alone. It writes one line of JSON for each page, a
page without text followed by its picture, and one that says it came to the end; when there is none, the limits ended it.
"""

import json
import resource
import sys
from typing import Any, BinaryIO

TEXT_MB, DRAWING_MB = 256, 700  # a scan in colour has 100 MB, and is unpacked twice
LIMIT_S = 60
MOST_PAGES = 10
MOST_LETTERS, MOST_PIECES = 100_000, 5_000  # of a page; a full one has 6,000 letters
LEAST_TEXT = 20  # characters a page must hold as text to be read without looking at it
LONGEST_SIDE = 2000


def main(path: str, out: BinaryIO, *, may_draw: bool) -> None:
    """Write what each page holds, until a limit ends it."""
    import pypdfium2

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S))
    resource.setrlimit(resource.RLIMIT_AS, (TEXT_MB << 20, DRAWING_MB << 20))
    try:
        document = pypdfium2.PdfDocument(path)
        pages = len(document)
        if pages > MOST_PAGES:
            return tell(out, {"pages": pages})
        for number in range(pages):
            tell_page(out, document[number], may_draw=may_draw)
    except pypdfium2.PdfiumError:  # broken, or locked with a password
        return tell(out, {"broken": True})
    return tell(out, {"end": True})


def tell(out: BinaryIO, said: dict[str, Any]) -> None:
    """Write one line."""
    out.write(json.dumps(said).encode() + b"\n")
    out.flush()


def tell_page(out: BinaryIO, page: Any, *, may_draw: bool) -> None:  # Any: pypdfium2's page
    """Write the words of a page, or its picture where it has too few of them."""
    words = words_of(page)
    if sum(len(word[0]) for word in words) >= LEAST_TEXT or not may_draw:
        return tell(out, {"words": words})
    # Pictures are unpacked only now: the text had to do with less.
    resource.setrlimit(resource.RLIMIT_AS, (DRAWING_MB << 20, DRAWING_MB << 20))
    longer = max(page.get_width(), page.get_height(), 1.0)
    drawn = page.render(scale=LONGEST_SIDE / longer, rev_byteorder=True)
    size = drawn.stride * drawn.height
    tell(out, {"width": drawn.width, "height": drawn.height, "stride": drawn.stride, "mode": drawn.mode, "size": size})
    out.write(bytes(drawn.buffer)[:size])
    drawn.close()
    resource.setrlimit(resource.RLIMIT_AS, (TEXT_MB << 20, DRAWING_MB << 20))
    return None


def words_of(page: Any) -> list[tuple[str, float, float, float, float]]:  # Any: as above
    """Return the pieces of text of a page with their left, top, right and bottom, the y axis turned downwards."""
    text, high = page.get_textpage(), page.get_height()
    if text.count_chars() > MOST_LETTERS or text.count_rects() > MOST_PIECES:
        raise MemoryError
    words = []
    for number in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(number)
        said = " ".join(text.get_text_bounded(left, bottom, right, top).split())
        if said:
            words.append((said, left, high - top, right, high - bottom))
    return words


if __name__ == "__main__":
    main(sys.argv[1], sys.stdout.buffer, may_draw=sys.argv[2] == "draw")
