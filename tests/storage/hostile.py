"""Names and bytes made to do harm."""

import random
import zipfile
from collections.abc import Iterator
from io import BytesIO

SEEDS = [
    "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\boot.ini", "....//....//x", ".", "..", "...", "",
    " ", "\0", "a\0.png", "a.png\0.exe", "a\r\nSet-Cookie: x=1", "a\nb", 'a"; filename="b.exe', "a\\", "a;b", "a'b''c",
    "utf-8''%41", "%2e%2e%2fx", "%00", "invoice\u202efdp.exe", "\u2066\u2069", "\u200b", "\ufeff", "é", "e\u0301", "ﬁ",
    "\u212b", "日本語.txt", "😀.png", "👩\u200d👩\u200d👧.png", "CON", "con.txt", "NUL.tar.gz", "COM1", "lpt9.log", "AUX ", "a.",
    "a ", " a", ".htaccess", "a:b", "a:$DATA", "a|b", "a<b>.html", "a?b*c", "~root", "-rf", "--", "$(id)", "`id`", "${x}",
    "{{7*7}}", "<script>alert(1)</script>", "' OR 1=1 --", "\x1b[31mred", "\x7f", "\x85", "\u2028", "\u2029", "\ud800",
    "\U000e0041", "\uffff", "a" * 4096, "é" * 4096, "." * 4096, "a" * 250 + ".pdf", "x." + "y" * 4096, "a/b/c.png", "∕etc∕x",
    "．．／x", "filename*=UTF-8''x", "\t", "a\tb", "=cmd|' /C calc'!A0", "desktop.ini", "Thumbs.db", "\u0000\u0001\u0002",
]  # fmt: skip


def hostile_names(count: int, seed: int = 7) -> Iterator[str]:
    """Yield names: the known bad ones first, then pieces of them put together by chance, the same every time."""
    yield from SEEDS[:count]
    chance = random.Random(seed)
    for _ in range(count - len(SEEDS)):
        pieces = [chance.choice(SEEDS)[: chance.choice((3, 12, 300, 4096))] for _ in range(chance.randint(1, 4))]
        pieces += [chr(chance.choice((chance.randrange(0x20), chance.randrange(0x250), chance.randrange(0x110000))))]
        chance.shuffle(pieces)
        yield "".join(pieces)


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 64
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 32
AVIF = b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf" + b"\x00" * 32
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
SVG = b'<?xml version="1.0"?>\n<!-- a drawing -->\n<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'
HTML = b"<!-- nothing -->\n<!DOCTYPE html><html><script>alert(1)</script></html>"
GIF_SCRIPT = b"GIF89a/*" + GIF[8:] + b"*/=1;alert(1)"
PDF_PAGE = b"%PDF-1.4\n<html><script>alert(1)</script></html>\n1 0 obj\nendobj\n"
PNG_PAGE = PNG + b"<html><body><script>alert(1)</script>"
PROGRAMS = {
    "setup.exe": b"MZ\x90\x00" + b"\x00" * 60, "run": b"\x7fELF\x02\x01\x01" + b"\x00" * 60, "x.sh": b"#!/bin/sh\nid\n",
    "A.class": b"\xca\xfe\xba\xbe\x00\x00\x004", "m.wasm": b"\x00asm\x01\x00\x00\x00", "run.bat": b"@echo off\r\ndel *.*\r\n",
    "look.txt": b"MZ\x90\x00" + b"\x00" * 60,
}  # fmt: skip


def archive(*names: str, content: bytes = b"x") -> bytes:
    """Return a ZIP with these files in it."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, content)
    return target.getvalue()


def zip_bomb() -> bytes:
    """Return 50 KiB that would be 50 MiB."""
    return archive("zeros", content=bytes(50 << 20))
