"""Asks a process of its own for a small picture of a file, and says what came of it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import IO, Any

from app.storage.previews import drawing

SIDE = 256
WAIT_S = drawing.LIMIT_S * 2
KEPT = ("PATH", "LD_LIBRARY_PATH", "LANG")  # nothing secret goes where a stranger's file is unpacked
DRAWABLE = frozenset({*drawing.FORMATS, drawing.PDF})


@dataclass(frozen=True)
class Drawn:
    """What was found, and a WebP picture; b"" where there is none.

    Attributes:
        about: `width`, `height`, `pages`; `problem` says why there is no picture: broken, too-many-pixels, limits.
    """

    content: bytes
    about: dict[str, Any] = field(default_factory=dict)


def draw(source: IO[bytes], content_type: str, *, side: int = SIDE) -> Drawn:
    """Draw a small picture, at most `side` pixels long, of a file that is open on disk; it needs no name."""
    command = [sys.executable, "-I", drawing.__file__, "/dev/stdin", content_type, str(side)]
    source.flush()
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        done = subprocess.run(
            command,
            stdin=source.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
            timeout=WAIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Drawn(b"", {"problem": "limits"})
    line, _, content = done.stdout.partition(b"\n")
    if done.returncode != 0 or not line:
        return Drawn(b"", {"problem": "limits"})
    return Drawn(content, json.loads(line))
