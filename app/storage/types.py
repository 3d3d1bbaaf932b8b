"""Which kinds of files go where, how large they may be, and which of them a browser may show.

What a file is, is told from its bytes (`sniff`). What its name and its sender say must agree with them.
"""

from app.storage.naming import clean_name, disposition
from app.storage.problems import FileTooLarge, TypeNotAllowed, WrongBytes
from app.storage.sniffing import (
    ENDINGS,
    HEAD_BYTES,
    PROGRAM,
    TEXTS,
    UNKNOWN,
    is_runnable,
    second_face,
    sniff,
    type_of_name,
)
from app.storage.states import Category

__all__ = [
    "HEAD_BYTES",
    "UNKNOWN",
    "check_allowed",
    "check_bytes",
    "check_size",
    "clean_name",
    "disposition",
    "expected_type",
    "may_inline",
    "most_bytes",
    "served_type",
    "sniff",
]

MIB, GIB = 1 << 20, 1 << 30
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
PDF = ENDINGS["pdf"]
OFFICE = frozenset(ENDINGS[one] for one in ("docx", "xlsx", "pptx", "odt", "ods", "odp", "doc", "xls", "ppt", "rtf"))
PACKED = frozenset(ENDINGS[one] for one in ("zip", "gz", "xz", "zst"))
LIVE = frozenset({"image/svg+xml", "text/html", "text/xml"})  # may hold a script
ALLOWED: dict[Category, frozenset[str]] = {
    Category.PRODUCTS: PICTURES,
    Category.PROFILES: PICTURES,
    Category.DOCUMENTS: PICTURES | OFFICE | TEXTS | {PDF},
    Category.EXPORTS: TEXTS | OFFICE | PACKED | {PDF},
    Category.REPORTS: TEXTS | OFFICE | PACKED | {PDF},
    Category.BACKUPS: TEXTS | PACKED | {UNKNOWN, ENDINGS["tar"]},
}  # temp takes everything but programs
MOST_BYTES: dict[Category, int] = {
    Category.PRODUCTS: 50 * MIB,
    Category.PROFILES: 10 * MIB,
    Category.DOCUMENTS: 5 * GIB,
    Category.EXPORTS: 50 * GIB,
    Category.REPORTS: 5 * GIB,
    Category.BACKUPS: 1024 * GIB,
    Category.TEMP: 50 * GIB,
}
INLINE = PICTURES | {PDF, "text/plain"}
# How else senders name the same bytes; a browser on Windows calls a CSV what its spreadsheet is called.
SAME: dict[str, str] = {
    "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png",
    "application/x-pdf": PDF, "application/x-zip-compressed": ENDINGS["zip"], "application/x-zip": ENDINGS["zip"],
    "application/x-gzip": ENDINGS["gz"], "text/rtf": ENDINGS["rtf"], "application/csv": "text/csv",
    "application/xml": "text/xml", "application/xhtml+xml": "text/html", "text/markdown": "text/plain",
    "text/x-markdown": "text/plain", "application/jsonl": ENDINGS["jsonl"], "text/json": ENDINGS["json"],
}  # fmt: skip
OTHER_FILE = "send the real file"
OTHER_NAME = "name it as what it is, or send the real file"
SAYS_NOTHING = {"", UNKNOWN, "binary/octet-stream", "application/x-www-form-urlencoded"}


def most_bytes(category: Category) -> int:
    """Return how large one file of a category may be."""
    return MOST_BYTES[category]


def may_inline(content_type: str) -> bool:
    """Say whether a browser may show it instead of saving it: nothing that could run a script."""
    return content_type in INLINE


def served_type(content_type: str) -> str:
    """Return the Content-Type a file is sent with: what could run is sent as nothing in particular."""
    if content_type in LIVE:
        return UNKNOWN
    return "text/plain; charset=utf-8" if content_type == "text/plain" else content_type


def check_size(category: Category, size_bytes: int) -> None:
    """Refuse what is larger than its category takes.

    Raises:
        FileTooLarge: It is.
    """
    if size_bytes > MOST_BYTES[category]:
        raise FileTooLarge(most_bytes=MOST_BYTES[category])


def check_allowed(category: Category, content_type: str, file_name: str = "", *, is_said: bool = False) -> None:
    """Refuse a kind of file its category does not take.

    Args:
        category: What it is for.
        content_type: What it is.
        file_name: Tells what a machine would run.
        is_said: So its name or sender say; nobody has seen its bytes yet.

    Raises:
        TypeNotAllowed: It does not.
    """
    runs = content_type == PROGRAM or is_runnable(file_name)
    allowed = ALLOWED.get(category)
    if not runs and (allowed is None or content_type in allowed):
        return
    about = {"content_type": PROGRAM if runs else content_type, "category": category.value, "taken": taken(category)}
    if is_said or is_runnable(file_name):
        raise TypeNotAllowed(basis="That is what its name or its sender says, and its bytes must be the same.", **about)
    raise TypeNotAllowed(**about)


def taken(category: Category) -> str:
    """Return which kinds a category takes, as endings of names."""
    allowed = ALLOWED.get(category)
    if allowed is None:
        return "anything but programs"
    first = {kind: ending.upper() for ending, kind in reversed(ENDINGS.items()) if kind in allowed}
    return ", ".join(sorted(first.values()))


def expected_type(file_name: str, claimed: str) -> str:
    """Return what a file will be, before its bytes are here: what the sender says, else what its name says."""
    said = _plain(claimed)
    named = type_of_name(file_name)
    if said in SAYS_NOTHING or (named and _agree(said, named)):
        return named or UNKNOWN
    return said


def check_bytes(category: Category, head: bytes, file_name: str, claimed: str = "") -> str:
    """Return what a file is, and refuse it when it is not taken or not what it is said to be.

    Args:
        category: What it is for.
        head: Its first `HEAD_BYTES`, or the whole when it is shorter.
        file_name: As the sender named it.
        claimed: The Content-Type it came with.

    Raises:
        TypeNotAllowed: Its category does not take it.
        WrongBytes: Its name or its sender says something else, or it pretends to be two things.
    """
    found, named, said = sniff(head, file_name), type_of_name(file_name), _plain(claimed)
    other = second_face(head, found)
    if other:
        raise WrongBytes(reason=f"it begins as {found} and is made to be read as {other}, too", advice=OTHER_FILE)
    if not head and not all(_agree(word, found) for word in (named, said) if word not in SAYS_NOTHING):
        raise WrongBytes(reason=f"it is empty, and no {named or said} is", advice=OTHER_FILE)
    if named and not _agree(named, found):
        raise WrongBytes(reason=f"its name says {named}, its bytes are {found}", advice=OTHER_NAME)
    if said not in SAYS_NOTHING and not _agree(said, found) and not (named and said == "application/vnd.ms-excel"):
        raise WrongBytes(reason=f"it was said to be {said}, its bytes are {found}", advice=OTHER_NAME)
    check_allowed(category, found, file_name)
    return found


def _plain(claimed: str) -> str:
    said = claimed.partition(";")[0].strip().lower()
    return SAME.get(said, said)


def _agree(said: str, found: str) -> bool:
    """Say whether two words can be of one file: all plain text resembles another, and a web page may be named XML."""
    if said == found or (said in TEXTS and found in TEXTS):
        return True
    if said == "application/vnd.ms-excel" and found == "text/csv":
        return True
    if said in LIVE and found in LIVE:
        return True
    # Of these only the big table knows anything, and not always.
    return found == UNKNOWN and said.startswith(("video/", "audio/", "application/x-", "image/tiff", "image/heic"))
