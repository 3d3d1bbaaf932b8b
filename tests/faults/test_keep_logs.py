"""What is written to a log is whole, whoever else writes, whatever day begins, and however full the disk is.

LOG_LINES is how many lines each of four processes writes.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from app.core import clock
from tests import stage
from tests.faults.figures import Figures
from tests.faults.full_disk import fill, small_disk
from tests.faults.scribes import THREADS
from tests.services import running_services
from tests.site import Site, running_site, wait_for

pytestmark = pytest.mark.slow
PROCESSES = 4
LINES = int(os.environ.get("LOG_LINES", "2000")) // PROCESSES // (THREADS * 20) * (THREADS * 20)
FIGURES = Figures("logs")


def write_lines(folder: Path, **environ: str) -> list[bytes]:
    """Let four processes write; return what came through the pipe all of them share."""
    command = [sys.executable, "-m", "tests.faults.scribes", str(folder), str(PROCESSES), str(LINES)]
    done = subprocess.run(
        command, cwd=stage.ROOT, env={**os.environ, **environ}, stdout=subprocess.PIPE, timeout=600, check=True
    )
    return done.stdout.splitlines()


def whole(lines: list[bytes]) -> tuple[list[dict[str, Any]], int]:
    """Return the lines that can be read, and how many cannot."""
    found, torn = [], 0
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            torn += 1
    return found, torn


def lines_of(folder: Path) -> tuple[list[dict[str, Any]], int]:
    """Return what stands in the files of a folder; a file that does not end with a line break has a torn line."""
    texts = [path.read_bytes() for path in sorted(folder.glob("quarterdeck-*.jsonl"))]
    found, torn = whole([line for text in texts for line in text.splitlines()])
    return found, torn + sum(bool(text) and not text.endswith(b"\n") for text in texts)


def keys_of(lines: list[dict[str, Any]]) -> Counter[tuple[int, int, int]]:
    return Counter((one["scribe"], one["thread"], one["line"]) for one in lines if one["event"] == "written")


def test_four_processes_lose_and_tear_no_line_while_the_day_turns(tmp_path: Path) -> None:
    piped, torn_in_pipe = whole(write_lines(tmp_path))
    found, torn = lines_of(tmp_path)
    wanted = {
        (scribe, thread, line)
        for scribe in range(PROCESSES)
        for thread in range(THREADS)
        for line in range(LINES // THREADS)
    }
    lost = len(wanted - keys_of(found).keys())
    FIGURES.say("lines of four processes, to files and to one pipe", 2 * len(wanted))
    FIGURES.say("lines lost or torn in files, midnight passing", lost + torn, "0")
    FIGURES.say("lines lost or torn in the pipe", len(wanted - keys_of(piped).keys()) + torn_in_pipe, "0")
    assert (lost, torn, torn_in_pipe) == (0, 0, 0)
    assert keys_of(found) == keys_of(piped) == Counter(wanted)
    days = {path.name[12:22] for path in tmp_path.iterdir()}
    assert days == {"2026-11-22", "2026-11-23"}
    late = tmp_path.glob("quarterdeck-2026-11-22-*.jsonl")
    assert {one["timestamp"][:10] for path in late for one in whole(path.read_bytes().splitlines())[0]} == {
        "2026-11-22"
    }


def test_a_disk_that_is_full_tears_no_line(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    with small_disk(folder, 1) as problem:
        environ = {"SCRIBES_MOST_BYTES": "200000"} if problem else {}
        piped, torn_in_pipe = whole(write_lines(folder, **environ))
        found, torn = lines_of(folder)
    FIGURES.say("full disk: torn lines of those that fitted", torn + torn_in_pipe, "0")
    assert (torn, torn_in_pipe) == (0, 0)
    assert sum(keys_of(piped).values()) == PROCESSES * LINES, "the pipe still takes every line"
    assert 0 < len(keys_of(found)) < PROCESSES * LINES, "and the disk was really full"


@pytest.fixture
def little(tmp_path: Path, record_property: Callable[[str, object], None]) -> Iterator[tuple[Site, Path, bool]]:
    """An installation that logs to a disk of one megabyte, or, where none can be mounted, to a folder."""
    folder = tmp_path / "logs"
    with running_services() as services, small_disk(folder, 1) as problem:
        if problem:
            record_property("not tested", f"Serving on with a full disk of logs: no tmpfs can be mounted ({problem})")
        urls = services.create_database(template=stage.TEMPLATE)
        environment = {
            **stage.environment_for(urls, services.redis_url, tmp_path),
            "QUARTERDECK_ENV": "staging", "LOG_LEVEL": "INFO", "LOG_DIR": str(folder),
        }  # fmt: skip
        with running_site(environment, tmp_path, workers=1) as site:
            yield site, folder, not problem


def is_served(site: Site) -> bool:
    try:
        with urlopen(f"{site.url}/login", timeout=30) as answer:  # noqa: S310 (our own)
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def test_a_full_disk_of_logs_stops_nobody_and_is_told_when_there_is_room(little: tuple[Site, Path, bool]) -> None:
    site, folder, is_small = little
    if not is_small:
        return

    def count_failed(number: int) -> int:
        return sum(not is_served(site) for _ in range(number))

    assert count_failed(5) == 0
    filler = fill(folder)
    served = 1200  # more than a process may open files: a descriptor kept for each lost line ends it
    failed = count_failed(served)
    filler.unlink()
    failed += count_failed(5)

    def confession() -> list[dict[str, Any]]:
        return [one for one in lines_of(folder)[0] if one["event"] == "log lines lost"]

    wait_for(confession, limit_s=30)
    requests = [one for one in lines_of(folder)[0] if one["event"] == "request" and one["route"] == "/login"]
    lost = sum(one["lines"] for one in confession())
    FIGURES.say("full disk: requests that failed of 1,205", failed, "0")
    FIGURES.say("full disk: torn lines after there was room again", lines_of(folder)[1], "0")
    assert (failed, lines_of(folder)[1]) == (0, 0)
    assert len(requests) + lost >= served + 10
    assert len(requests) >= 10
    assert date.fromisoformat(confession()[0]["timestamp"][:10]) <= clock.now().date()
