"""Names of files as people see them: cleaned once when they come in, and written safely into headers when they go out.

A name is never part of a path or a key. It is cleaned all the same, for it is shown on pages, sent in headers, put
into archives and saved on other people's disks.
"""

import re
import unicodedata
from urllib.parse import quote

MOST_CHARACTERS = 200
MOST_BYTES = 240  # file systems take 255, and browsers add " (1)"
MOST_ENDING = 12
NAMELESS = "file"
# Kept among the invisible ones: emoji and Persian are written with them.
JOINERS = {"\u200c", "\u200d"}
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
UNFIT = str.maketrans(dict.fromkeys(':"<>|?*', "_"))  # Windows keeps these for itself; ":" even names a hidden stream
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)
# RFC 8187, attr-char: what stands as it is in filename*.
PLAIN = "!#$&+-.^_`|~"


def clean_name(text: str) -> str:
    """Return a name that can be shown, saved and sent anywhere; `file` when nothing of it is left.

    Unicode in NFC, no control, bidirectional or invisible characters, no path, none of Windows' reserved names, at most
    200 characters and 240 bytes; what ends the name (`.pdf`) survives. Cleaning twice changes nothing.
    """
    last = re.split(r"[/\\]", text)[-1]
    seen = "".join(one for one in last if one in JOINERS or unicodedata.category(one) not in UNSEEN)
    name = unicodedata.normalize("NFC", seen).translate(UNFIT)
    name = _trim(re.sub(r"\s+", " ", name))
    if RESERVED.match(name):
        name = f"_{name}"
    return _shorten(name) or NAMELESS


def _trim(name: str) -> str:
    return name.strip(" \u200c\u200d").strip(".").strip(" .\u200c\u200d")


def _shorten(name: str) -> str:
    if len(name) <= MOST_CHARACTERS and len(name.encode()) <= MOST_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > MOST_ENDING:
        stem, dot, ending = name, "", ""
    room = MOST_BYTES - len(f"{dot}{ending}".encode())
    stem = stem[: MOST_CHARACTERS - len(dot) - len(ending)].encode()[:room].decode(errors="ignore")
    return _trim(stem) + dot + ending


def disposition(name: str, *, inline: bool = False) -> str:
    """Return a Content-Disposition (RFC 6266): a plain name for old readers, the true one as RFC 8187 writes it."""
    clean = clean_name(name)
    how = "inline" if inline else "attachment"
    folded = unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode()
    # A reader may take %41 for A, and a backslash for an escape; neither means anything in a name.
    plain = re.sub(r"[^A-Za-z0-9 ._()+,;=@!#$&'-]", "_", folded).strip(" .") or NAMELESS
    if plain == clean:
        return f'{how}; filename="{plain}"'
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe=PLAIN)}"
