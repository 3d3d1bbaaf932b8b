"""Appending to a file so that it holds whole lines alone, also when the disk is full."""

import os


def append_whole(file: int, line: bytes) -> None:
    """Append a line, all of it or nothing: a full disk takes the beginning of one and refuses the rest.

    Args:
        file: Opened O_APPEND, and nobody else writes to it meanwhile.
        line: With its line break.

    Raises:
        OSError: Nothing of it is in the file.
    """
    written = 0
    try:
        while written < len(line):
            written += os.write(file, line[written:])
    except OSError:
        if written:
            os.ftruncate(file, os.lseek(file, 0, os.SEEK_CUR) - written)
        raise
