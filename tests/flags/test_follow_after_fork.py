"""Children of gunicorn --preload and of Celery's prefork pool keep receiving changes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from app.core.embedded.account import Account
from app.core.embedded.leash import spawn
from app.core.embedded.ports import find_free_port
from app.core.pushed import list_processes, pushed_of
from app.flags import service
from tests.flags.acts import as_platform, make_flag
from tests.site import ROOT, Site, wait_for
from tests.world import Person

pytestmark = pytest.mark.slow


@contextmanager
def preloaded(environment: dict[str, str], worker_class: str, folder: Path) -> Iterator[str]:
    """Run gunicorn with two workers that are forked from a parent which has asked already."""
    port = find_free_port()
    environment = {
        **environment,
        "PYTHONPATH": str(ROOT),
    }  # not started there: the product's own settings start the flags
    command = [
        "gunicorn",
        "--preload",
        "-w",
        "2",
        "-k",
        worker_class,
        "-b",
        f"127.0.0.1:{port}",
        "tests.flags.preloaded:site",
    ]
    with (folder / "web.log").open("ab") as output:
        process = spawn([sys.executable, "-m", *command], env=environment, cwd=folder, account=Account(), output=output)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(url: str, key: str, times: int = 20) -> dict[int, str]:
    """Return which worker answered what."""
    found: dict[int, str] = {}
    for _ in range(times):
        try:
            with urlopen(f"{url}/{key}", timeout=10) as answer:  # noqa: S310 (our own address)
                told = json.loads(answer.read())
        except (URLError, OSError):
            continue
        found[told["pid"]] = told["variant"]
    return found


@pytest.mark.parametrize("worker_class", ["sync", "gthread", "gevent"])
def test_preloaded_workers_see_a_save(
    pat: Person, environment: dict[str, str], worker_class: str, tmp_path: Path
) -> None:
    key = make_flag(pat, scope="global")
    patched = {"PATCHED": "1"} if worker_class == "gevent" else {}
    with preloaded({**os.environ, **environment, **patched}, worker_class, tmp_path) as url:
        wait_for(lambda: set(answers(url, key).values()) == {"off"}, limit_s=30, say=(tmp_path / "web.log").read_text)
        with as_platform(pat):
            service.enable(key)
        wait_for(lambda: set(answers(url, key).values()) == {"on"}, limit_s=15)


def test_every_process_of_the_site_holds_a_saved_revision(pat: Person, site: Site) -> None:
    """Web workers, relay, and the children of Celery's pool; its parent runs nothing and asks nothing."""
    key = make_flag(pat)

    def holding(revision: int) -> dict[str, int]:
        with as_platform(pat):
            found = list_processes()
        return {
            kind: sum(one["kind"] == kind and one["held"].get("flags", 0) >= revision for one in found)
            for kind in ("web", "relay", "worker")
        }

    with as_platform(pat):
        revision = service.set_percentage(key, 4_000).version
    wanted = {"web": 2, "relay": 1, "worker": 2}
    wait_for(
        lambda: all(holding(revision)[kind] >= count for kind, count in wanted.items()),
        limit_s=25,
        say=lambda: str(holding(revision)),
    )


def threads_of(pid: int) -> int:
    """Return how many threads a process has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def children_of(pid: int) -> set[int]:
    """Return the processes a process has forked."""
    return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_celerys_parent_forks_without_threads_and_each_child_follows(site: Site, pat: Person) -> None:
    """A thread of the parent may hold a lock at the moment of a fork; the child would wait for it for ever."""
    for _ in range(3):
        parent = site.processes["worker"]
        wait_for(lambda parent=parent: len(children_of(parent.pid)) == 2, limit_s=60)
        assert threads_of(parent.pid) == 1
        make_flag(pat)
        born, revision = children_of(parent.pid), pushed_of(pat.app).held["flags"]

        def follow(born: set[int] = born, revision: int = revision) -> bool:
            with pat.app.app_context():
                told = {int(one["label"].rpartition(":")[2]): one["held"] for one in list_processes()}
            return all(told.get(pid, {}).get("flags", 0) >= revision for pid in born)

        wait_for(follow, limit_s=30)
        parent.terminate()
        parent.wait(30)
        site.start_worker()
