"""Opening a file somebody brought: packed or plain, UTF-8 or Windows bytes, comma or semicolon."""

import codecs
import csv
import gzip
import lzma
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, cast

from app.core import guards
from app.orders.imports.problems import EmptyFile, NotCsv, WrongHeader

CHUNK = 1 << 20
MAX_HEAD = 20_000  # characters of the first line; nothing with more is a list of columns
Rows = Iterator[tuple[int, list[str], str]]  # line number, cells in our order, the line as it stands in the file
MAX_UNPACKED_BYTES = 4_000_000_000  # a packed file may unpack to anything
XZ_MAGIC, GZIP_MAGIC = b"\xfd7zXZ\x00", b"\x1f\x8b"
OFFICE_MAGIC = {b"PK\x03\x04": "It is a spreadsheet or a zip archive.", b"%PDF": "It is a PDF."}
WINDOWS_NOTE = "The file is not UTF-8; it was read as Windows-1252 (Latin 1)."


@dataclass(frozen=True)
class SourceFile:
    """A file we have looked at once.

    Attributes:
        line_count: Lines after the header, for a progress bar; a quoted line break counts as one more.
        note: What people should know about how it was read.
    """

    path: Path
    encoding: str
    line_count: int
    note: str


def look_at(path: Path) -> SourceFile:
    """Read the whole file once, quickly: does it unpack, is it text, in which encoding, how many lines.

    Raises:
        EmptyFile: There is nothing in it.
        NotCsv: It is not text, or the archive is broken.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, lines, size, last = True, 0, 0, b""
    try:
        with open_bytes(path) as stream:
            while chunk := stream.read(CHUNK):
                if size == 0:
                    refuse_binary(chunk)
                size += len(chunk)
                if size > MAX_UNPACKED_BYTES:
                    raise NotCsv(reason="Unpacked, it is larger than 4 GB.")
                lines += chunk.count(b"\n")
                last = chunk
                if is_utf8:
                    is_utf8 = _decodes(decoder, chunk)
    except (lzma.LZMAError, gzip.BadGzipFile, EOFError, OSError) as error:
        raise NotCsv(reason="The archive is broken or cut off.") from error
    if not size or (size < CHUNK and not last.strip()):
        raise EmptyFile
    is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    lines += 0 if last.endswith(b"\n") else 1
    return SourceFile(path, "utf-8-sig" if is_utf8 else "cp1252", max(lines - 1, 0), "" if is_utf8 else WINDOWS_NOTE)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def refuse_binary(head: bytes) -> None:
    """Refuse what cannot be a CSV, and say what it looks like.

    Raises:
        NotCsv: It is another kind of file.
    """
    for magic, reason in OFFICE_MAGIC.items():
        if head.startswith(magic):
            raise NotCsv(reason=reason)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise NotCsv(reason="It is UTF-16 text; save it as UTF-8.")
    if b"\x00" in head:
        raise NotCsv(reason="It holds bytes that no text has.")


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacked by what its first bytes say; its name may lie."""
    with guards.call("storage", lambda: path.open("rb")) as plain:
        magic = guards.call("storage", plain.read, len(XZ_MAGIC))
        plain.seek(0)
        if magic == XZ_MAGIC:
            with lzma.open(plain) as stream:
                yield cast("BinaryIO", BufferedReader(stream))
        elif magic.startswith(GZIP_MAGIC):
            with gzip.open(plain) as stream:
                yield cast("BinaryIO", stream)
        else:
            yield plain


@contextmanager
def open_rows(source: SourceFile, columns: Mapping[str, Iterable[str]]) -> Iterator[Rows]:
    """Open a CSV and yield its rows with the columns in our order.

    Args:
        source: What `look_at` returned.
        columns: Our column names, each with the other names it may have in a file.

    Raises:
        WrongHeader: A column is missing.
    """
    with open_bytes(source.path) as stream:
        text = TextIOWrapper(stream, encoding=source.encoding, errors="replace", newline="")
        head = text.readline(MAX_HEAD)
        delimiter = max(",;\t", key=head.count)
        found = [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]
        order = column_order(found, columns)
        yield _picked(text, delimiter, order, len(found))


def column_order(found: list[str], columns: Mapping[str, Iterable[str]]) -> list[int]:
    """Return where each of our columns stands in the file; -1 for one that may be absent and is.

    A column whose other names contain "" may be absent.
    """
    # An export says "Unit price (GBP)": what stands in brackets is not the name.
    plain = [re.sub(r"\(.*\)$", "", "".join(name.lower().split())) for name in found]
    places = {name: index for index, name in reversed(list(enumerate(plain)))}
    order, missing = [], []
    for name, others in columns.items():
        known = ["".join(one.lower().split()) for one in (name, *others)]
        place = next((places[one] for one in known if one in places), -1)
        if place < 0 and "" not in known:
            missing.append(name)
        order.append(place)
    if missing:
        shown = ", ".join(name[:40] for name in found[:12] if name) or "nothing"
        raise WrongHeader(missing=", ".join(missing), found=shown)
    return order


def _picked(text: TextIOWrapper, delimiter: str, order: list[int], width: int) -> Rows:
    """Yield each row in our column order; one of another width has one cell, which says so."""
    raw: list[str] = []
    reader = csv.reader(_kept(text, raw), delimiter=delimiter)
    plain = order == list(range(width))
    while True:
        raw.clear()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise NotCsv(reason=f"Line {reader.line_num + 1:,}: {error}; a quotation mark may be missing.") from error
        if not row:
            continue
        line_no, line = reader.line_num + 1, raw[0] if len(raw) == 1 else "".join(raw)
        if len(row) != width:
            yield line_no, [f"It has {len(row)} columns instead of {width}."], line
        else:
            yield line_no, row if plain else [row[place] if place >= 0 else "" for place in order], line


def _kept(text: Iterable[str], raw: list[str]) -> Iterator[str]:
    """Yield the lines of a file, keeping those of the row that is being read: a quoted cell may span many."""
    for line in text:
        raw.append(line)
        yield line
