"""What bytes are, told from the bytes themselves. Nothing is ever unpacked for it: an archive's own list is enough."""

import codecs
import re
from pathlib import PurePosixPath

import puremagic

HEAD_BYTES = 65_536  # how much of a file's beginning is looked at
UNKNOWN = "application/octet-stream"
PLAIN = "text/plain"
OOXML = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."

ENDINGS: dict[str, str] = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "jpe": "image/jpeg", "jfif": "image/jpeg",
    "gif": "image/gif", "webp": "image/webp", "avif": "image/avif", "svg": "image/svg+xml", "tif": "image/tiff",
    "tiff": "image/tiff", "bmp": "image/bmp", "ico": "image/x-icon", "heic": "image/heic", "pdf": "application/pdf",
    "txt": PLAIN, "text": PLAIN, "log": PLAIN, "md": PLAIN, "csv": "text/csv", "tsv": "text/tab-separated-values",
    "json": "application/json", "jsonl": "application/x-ndjson", "ndjson": "application/x-ndjson",
    "html": "text/html", "htm": "text/html", "xhtml": "text/html", "shtml": "text/html", "xml": "text/xml",
    "docx": f"{OOXML}wordprocessingml.document", "xlsx": f"{OOXML}spreadsheetml.sheet",
    "pptx": f"{OOXML}presentationml.presentation", "odt": f"{ODF}text", "ods": f"{ODF}spreadsheet",
    "odp": f"{ODF}presentation", "doc": "application/msword", "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint", "rtf": "application/rtf", "zip": "application/zip",
    "gz": "application/gzip", "xz": "application/x-xz", "zst": "application/zstd", "tar": "application/x-tar",
    "mp4": "video/mp4", "webm": "video/webm", "mp3": "audio/mpeg", "wav": "audio/x-wav",
}  # fmt: skip
TEXTS = frozenset({PLAIN, "text/csv", "text/tab-separated-values", "application/json", "application/x-ndjson"})
# What a machine would run, whatever its bytes look like: by the end of the name.
RUNNABLE = set(
    "exe dll com scr pif cpl msi msp msc bat cmd ps1 psm1 vbs vbe js mjs jse wsf wsh hta jar apk app dmg pkg deb rpm "
    "sh bash zsh lnk reg inf scf url desktop elf so dylib docm dotm xlsm xltm xlam pptm ppam".split()
)
PROGRAM = "application/x-executable"

STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"\xfe\xed\xfa\xce", PROGRAM),
    (b"\xfe\xed\xfa\xcf", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"\0asm", PROGRAM),
    (b"dex\n", PROGRAM),
    (b"#!", PROGRAM),
    (b"L\0\0\0\x01\x14\x02\0", PROGRAM),
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
ODF_TYPE = re.compile(rb"\Amimetype(application/vnd\.oasis\.opendocument\.(?:text|spreadsheet|presentation))")
OOXML_FOLDERS = {b"word/": "docx", b"xl/": "xlsx", b"ppt/": "pptx"}
# What a browser takes for the beginning of a page (WHATWG mimesniff), after spaces and comments.
PAGE = re.compile(
    rb"<(?:!doctype\s+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link|img|object|"
    rb"embed|form|base)(?=[\s/>])", re.IGNORECASE
)  # fmt: skip
LEADING = re.compile(
    rb"(?:\s+|<!--.*?-->|<\?xml[^>]*\?>|<!doctype\s+svg[^>]*(?:\[.*?\]\s*)?>)+", re.DOTALL | re.IGNORECASE
)
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
ODD_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
TOLD_APART = {found for _, found in STARTS} | {"image/webp", "image/avif", "image/svg+xml", *TEXTS}
# What has no business in the head of a picture or a PDF: it is there for something that reads the file otherwise.
SECOND_FACE = re.compile(rb"<(?:script|html|!doctype\s+html|iframe|svg|\?php|body)[\s>]", re.IGNORECASE)
PDF_HEAD_BYTES = 1024


def ending_of(file_name: str) -> str:
    """Return how a name ends, in lower case and without the dot; "" when it does not."""
    return PurePosixPath(file_name.replace("\\", "/")).suffix[1:].lower()


def type_of_name(file_name: str) -> str:
    """Return what a name says a file is; "" when it says nothing we know."""
    return ENDINGS.get(ending_of(file_name), "")


def is_runnable(file_name: str) -> bool:
    """Say whether somebody's machine would run a file of this name."""
    return ending_of(file_name) in RUNNABLE


def sniff(head: bytes, file_name: str = "") -> str:
    """Return what a file is, by its first bytes; its name decides only between kinds of the same bytes.

    Args:
        head: The beginning, best `HEAD_BYTES` of it, or the whole when it is shorter.
        file_name: Tells a CSV from other text, a .doc from an .xls.
    """
    for start, found in STARTS:
        if head.startswith(start):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _of_boxes(head)
    if head.startswith((ZIP, EMPTY_ZIP)):
        return _of_archive(head, file_name)
    named = type_of_name(file_name)
    if head.startswith(OLE):
        olds = {ENDINGS[one] for one in ("doc", "xls", "ppt")}
        return named if named in olds else "application/x-ole-storage"
    text = _as_text(head)
    return _of_text(text, named) if text is not None else _of_others(head)


def second_face(head: bytes, found: str) -> str:
    """Return what else a picture or PDF pretends to be; "" for an honest one."""
    looked_at = head[:PDF_HEAD_BYTES] if found == "application/pdf" else head
    if found.startswith("image/") or found == "application/pdf":
        match = SECOND_FACE.search(looked_at)
        if match is not None and found != "image/svg+xml":
            return "a web page"
    # A comment or an assignment where the width of a GIF stands: the header is made to be read as a script.
    if found == "image/gif" and (head[6:8] in {b"/*", b"//"} or head[6:7] in {b"=", b"("}):
        return "a script"
    return ""


def _of_boxes(head: bytes) -> str:
    brands = head[8 : max(16, min(int.from_bytes(head[:4], "big"), 256))]
    if b"avif" in brands or b"avis" in brands:
        return "image/avif"
    if any(one in brands for one in (b"heic", b"heix", b"mif1")):
        return "image/heic"
    return "video/mp4"


def _of_archive(head: bytes, file_name: str) -> str:
    """Tell office files from other archives by the names in them; contents stay packed."""
    opened = ODF_TYPE.match(head[30:200])
    if opened is not None:
        return opened[1].decode()
    names = re.findall(rb"PK\x03\x04.{22}.{4}([\x20-\x7e]{1,100})", head, re.DOTALL)
    if any(name.startswith((b"META-INF/MANIFEST.MF", b"classes.dex", b"AndroidManifest.xml")) for name in names):
        return PROGRAM
    if any(name.startswith(b"[Content_Types].xml") for name in names):
        found = {ENDINGS[kind] for start, kind in OOXML_FOLDERS.items() if any(n.startswith(start) for n in names)}
        named = type_of_name(file_name)
        if len(found) == 1:
            return found.pop()
        if not found and named.startswith(OOXML):
            return named
    return ENDINGS["zip"]


def _as_text(head: bytes) -> str | None:
    """Return bytes as text, the last character of which may be cut; None when they are not."""
    bom, encoding = next((pair for pair in BOMS if head.startswith(pair[0])), (b"", "utf-8"))
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head[len(bom) :], final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        # What spreadsheets on Windows still write; its 0x80–0x9f are letters and signs, never controls.
        if bom:
            return None
        text = head.decode("cp1252", errors="replace")
        return None if "\ufffd" in text or ODD_CONTROLS.search(text) or _looks_binary(head) else text
    return None if ODD_CONTROLS.search(text) else text


def _looks_binary(head: bytes) -> bool:
    letters = sum(one >= 0x80 for one in head)  # noqa: PLR2004 (beyond ASCII)
    return letters * 3 > len(head)


def _of_text(text: str, named: str) -> str:
    raw = text[:4096].encode()
    skipped = LEADING.match(raw)
    start = raw[skipped.end() :] if skipped else raw
    if re.match(rb"<(?:\w+:)?svg[\s>]", start, re.IGNORECASE):
        return "image/svg+xml"
    if named == "text/html" or PAGE.match(start):
        return "text/html"
    if named in {"image/svg+xml", "text/xml"} or raw.lstrip().startswith(b"<?xml"):
        return "text/xml" if named != "image/svg+xml" else named
    if named in TEXTS:
        return named
    return PLAIN


def _of_others(head: bytes) -> str:
    """Ask the big table of signatures for what is none of the kinds we know by heart."""
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    best = found[0]
    told = (best.mime_type or "").partition(";")[0].strip().lower()
    if best.confidence < 0.4 or not re.fullmatch(r"[a-z]+/[a-z0-9.+-]{1,80}", told):  # noqa: PLR2004 (3 bytes agree by chance)
        return UNKNOWN
    # Its word for a kind that is told apart above would let something in that only resembles it.
    return UNKNOWN if told in TOLD_APART or told.startswith((OOXML, ODF, "text/")) else told
