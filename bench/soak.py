"""The product under the blows of production in full size: `bin/bench soak [NAME …]`. Servers of its own.

Runs the tests of tests/faults, which bin/test plays small, at the sizes below, one soak after another, and prints
what they measured as one table. A size that stands in the environment already is left as it is. Ends with 1 when
a test failed or a figure missed what must hold.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.figures import VARIABLE, Figure, read_figures

ROOT = Path(__file__).parent.parent
LEFT_OUT = ("__pycache__", ".git", ".venv", ".*_cache", ".hypothesis", ".schemathesis", "var", "uploads")


@dataclass(frozen=True)
class Soak:
    """What is played, and how large.

    Attributes:
        tests: What pytest is given.
        sizes: The environment of the full size.
    """

    tests: tuple[str, ...]
    sizes: dict[str, str] = field(default_factory=dict)


SOAKS = {
    "events": Soak(
        ("tests/faults/test_lose_no_event.py", "tests/faults/test_starve_no_writer.py"),
        {
            "FAULT_EVENTS": "50000",
            "FAULT_KILLS": "20",
            "FAULT_FREEZE_S": "10",
            "FAULT_IDLE_S": "60",
            "FAULT_RATE": "250",
        },
    ),
    "sessions": Soak(
        ("tests/faults/test_keep_sessions.py",),
        {
            "FAULT_SESSION_RATE": "200",
            "FAULT_SESSION_SECONDS": "30",
            "FAULT_SESSION_FREEZE_S": "30",
            "FAULT_SESSION_REVOKES": "1000",
            "FAULT_SESSION_ROUNDS": "20",
            "FAULT_SESSION_OLD_ROWS": "10000",
        },
    ),
    "web": Soak(("tests/faults/test_kill_web.py",), {"FAULT_WEB_KILLS": "100"}),
    "releases": Soak(("tests/faults/test_roll_releases.py",), {"FAULT_ROLLS": "10", "FAULT_SOCKETS": "500"}),
    "postgres": Soak(
        ("tests/faults/test_lose_postgres.py", "tests/faults/test_fail_over.py"),
        {"FAULT_PG_RESTARTS": "10", "FAULT_PG_FREEZE_S": "30"},
    ),
    "tenancy": Soak(
        (
            "tests/laws/test_nobody_crosses.py",
            "tests/laws/test_two_companies.py",
            "tests/faults/test_cross_no_company_in_pools.py",
            "tests/faults/test_cross_no_company_live.py",
        ),
        {"CROSSING_ATTEMPTS": "50000", "TENANCY_STEPS": "23000", "POOL_TRANSACTIONS": "10000"},
    ),
    "fuzzing": Soak(
        ("tests/laws/test_break_nothing.py", "tests/laws/test_fuzz_as_peers.py"),
        {"FUZZ_CASES": "60", "FUZZ_PEER_CASES": "6000"},
    ),
    "jobs": Soak(("tests/faults/test_lose_no_job.py",), {"FAULT_JOBS": "10000", "FAULT_KILLS": "200"}),
    "logs": Soak(("tests/faults/test_keep_logs.py", "tests/faults/test_tell_no_log.py"), {"LOG_LINES": "100000"}),
    "backups": Soak(("tests/faults/test_restore_all.py",), {"BACKUP_ORDERS": "1000000"}),
    "files": Soak(
        ("tests/storage/migrating/test_kill_movers.py", "tests/storage/care/test_check_files.py"),
        {"MOVE_FILES": "20000", "CARE_OBJECTS": "20000"},
    ),
}


def main() -> None:
    """Run the soaks that were named, or all."""
    parser = argparse.ArgumentParser(prog="bin/bench soak", epilog="soaks: " + ", ".join(SOAKS))
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *SOAKS], help="all when none is named")
    parser.add_argument("--small", action="store_true", help="at the sizes of bin/test, to try the table")
    options = parser.parse_args()
    found = [figure for name in options.names or SOAKS for figure in run(name, is_small=options.small)]
    print(table(found))
    missed = [figure for figure in found if not figure.holds]
    sys.exit(f"{len(missed)} of {len(found)} did not hold" if missed else 0)


def run(name: str, *, is_small: bool) -> list[Figure]:
    """Play one soak and return its figures, the tests' own outcome as the first."""
    soak = SOAKS[name]
    with copy_of_tree() as tree:
        path = tree / "figures.jsonl"
        sizes = {} if is_small else soak.sizes
        began = time.monotonic()
        code = subprocess.run(
            [sys.executable, "-m", "pytest", *soak.tests, "-q", "-p", "no:randomly"],
            cwd=tree,
            env={**sizes, **os.environ, VARIABLE: str(path)},
            check=False,
        ).returncode
        took = f"in {(time.monotonic() - began) / 60:.1f} min"
        sizes_shown = " ".join(f"{key}={os.environ.get(key, value)}" for key, value in sizes.items())
        tests = Figure(name, f"tests, {took} {sizes_shown}".strip(), "failed" if code else "passed", "passed")
        return [tests, *read_figures(path)]


@contextmanager
def copy_of_tree() -> Iterator[Path]:
    """Copy the product as it is now: processes that start all along must not meet what somebody edits meanwhile."""
    with tempfile.TemporaryDirectory(prefix="quarterdeck-soak-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        for one in ROOT.iterdir():
            if not any(one.match(pattern) for pattern in LEFT_OUT):
                (shutil.copytree if one.is_dir() else shutil.copy2)(one, tree / one.name)
        yield tree


def table(figures: list[Figure]) -> str:
    """Return the figures as a table of Markdown, with the day and the machine."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    lines = [
        "",
        f"{datetime.now(UTC):%d %B %Y}, Python {platform.python_version()}, {os.cpu_count()} processors, load {load}",
        "",
        "| soak | what | measured | must hold | |",
        "|---|---|---:|---|---|",
    ]
    for one in figures:
        held = "" if not one.must else "holds" if one.holds else "**missed**"
        lines.append(f"| {one.soak} | {one.what} | {one.shown()} | {one.must} | {held} |")
    return "\n".join(lines)
