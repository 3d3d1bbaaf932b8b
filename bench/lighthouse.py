"""Lighthouse, mobile, over pages of somebody who is signed in: scores, largest paint, shift; the middle of three runs.

    bin/bench lighthouse --runs 3 /orders /

Starts its own PostgreSQL, Valkey, web processes and relay. Lighthouse is installed by npm into .venv/lighthouse and
drives the Chromium of CHROMIUM, with its own mobile throttling (a slow phone on slow 4G, computed from a real load).
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.pages_installation import running_installation
from tests.site import running_site

VERSION = "12.8.2"  # 13 wants a newer Node than 20
HOME = Path(sys.prefix) / "lighthouse"
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking"
)
TRIES = 3  # on a busy machine Chromium may lose the beginning of its own trace
CATEGORIES = ("performance", "accessibility", "best-practices")
AUDITS = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "speed-index",
          "total-byte-weight")  # fmt: skip
Report = dict[str, Any]  # Any: Lighthouse's JSON


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench lighthouse", description=__doc__)
    parser.add_argument("paths", nargs="*", default=["/orders", "/"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--companies", type=int, default=50)
    parser.add_argument("--keep", type=Path, help="a folder for the reports as HTML and JSON")
    options = parser.parse_args()
    command = add_lighthouse()
    with (
        running_installation(options.orders, options.companies) as made,
        running_site(made.environment, made.folder) as site,
    ):
        print(
            f"{'':22}{'perf':>6}{'a11y':>6}{'best':>6}{'FCP s':>8}{'LCP s':>8}{'TBT ms':>8}{'CLS':>8}{'SI s':>8}{'kB':>8}"
        )
        for path in options.paths:
            reports = [look(command, site.url + path, made.cookie, options.keep) for _ in range(options.runs)]
            print_middle(path, reports)


def add_lighthouse() -> list[str]:
    """Install it once; return how it is run."""
    script = HOME / "node_modules" / "lighthouse" / "cli" / "index.js"
    node = shutil.which("node")
    if node is None:
        sys.exit("Lighthouse needs Node 18 or newer.")
    stamp = HOME / "node_modules" / "lighthouse" / "package.json"
    if not stamp.exists() or json.loads(stamp.read_text())["version"] != VERSION:
        print("Installing Lighthouse …", file=sys.stderr, flush=True)
        npm = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(HOME), f"lighthouse@{VERSION}"]
        HOME.mkdir(exist_ok=True)
        subprocess.run(npm, check=True)
    return [node, str(script)]


def look(command: list[str], url: str, cookie: str, keep: Path | None) -> Report:
    """Run it once."""
    with headers_file(cookie) as headers, tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report"
        options = [
            url, f"--extra-headers={headers}", f"--chrome-flags={FLAGS}", "--output=json", "--output=html", f"--output-path={out}",
            "--quiet", f"--only-categories={','.join(CATEGORIES)}", "--max-wait-for-load=45000",
        ]  # fmt: skip
        environment = {**os.environ, "CHROME_PATH": os.environ.get("CHROMIUM", "/usr/bin/chromium")}
        for left in reversed(range(TRIES)):
            done = subprocess.run(
                [*command, *options], env=environment, timeout=300, stdout=subprocess.DEVNULL, check=False
            )
            if done.returncode == 0:
                break
            if not left:
                sys.exit(f"Lighthouse ended {TRIES} times without a report of {url}.")
        report: Report = json.loads(out.with_suffix(".report.json").read_text())
        if report["finalDisplayedUrl"] != url:
            sys.exit(f"{url} led to {report['finalDisplayedUrl']}")
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            name = url.rpartition("/")[2] or "overview"
            for ending in ("json", "html"):
                shutil.copy(out.with_suffix(f".report.{ending}"), keep / f"{name}.{ending}")
        return report


@contextmanager
def headers_file(cookie: str) -> Iterator[Path]:
    """Write the cookie where nobody reads it from a process list."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"Cookie": cookie}, file)
        file.flush()
        yield Path(file.name)


def print_middle(path: str, reports: list[Report]) -> None:
    """Print the middle of the runs, figure by figure, and what accessibility or the console complain of."""
    scores = [statistics.median(one["categories"][name]["score"] * 100 for one in reports) for name in CATEGORIES]
    fcp, lcp, tbt, cls, si, size = (
        statistics.median(one["audits"][name]["numericValue"] for one in reports) for name in AUDITS
    )
    print(f"{path:22}{scores[0]:6.0f}{scores[1]:6.0f}{scores[2]:6.0f}{fcp / 1000:8.2f}{lcp / 1000:8.2f}{tbt:8.0f}{cls:8.3f}"
          f"{si / 1000:8.2f}{size / 1000:8.0f}", flush=True)  # fmt: skip
    for name in ("accessibility", "best-practices"):
        for audit in reports[-1]["categories"][name]["auditRefs"]:
            found = reports[-1]["audits"][audit["id"]]
            if found["score"] is not None and found["score"] < 1 and audit["weight"]:
                print(f"    {name}: {found['title']}")


if __name__ == "__main__":
    main()
