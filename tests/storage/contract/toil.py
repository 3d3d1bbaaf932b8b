"""What is done to a provider in a process of its own: `python -m tests.storage.contract.toil <work> <how often>`.

Which provider stands in standard input; what was measured is the last line of the output.
"""

import io
import json
import os
import random
import resource
import sys
import types
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

if len(sys.argv) > 1 and sys.argv[1] == "greenlets":  # before anything else is imported
    from gevent import monkey

    monkey.patch_all()
if __name__ == "__main__":  # the adapters alone: all of the product takes seconds to import
    bare = types.ModuleType("app")
    bare.__path__ = [str(Path(__file__).parents[3] / "app")]
    sys.modules["app"] = bare

from app.core.ids import CompanyId
from app.storage.adapters.azure import Azure
from app.storage.adapters.local import Local
from app.storage.adapters.protocol import Provider
from app.storage.adapters.s3 import S3
from app.storage.adapters.s3_boto import Place as S3Place
from tests.storage.contract.places import Place, make_local, make_made_azure, make_made_s3, random_bytes

KIB, LARGE = 1024, 40 << 20


class Endless(io.RawIOBase):
    """Bytes that are made as they are read; watches the memory meanwhile."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left, self._block = size, random.randbytes(64 * KIB)
        self.most = 0

    def read(self, size: int | None = -1) -> bytes:
        """Return some."""
        self.most = max(self.most, resident())
        step = min(len(self._block), self._left, size if size and size > 0 else self._left)
        self._left -= step
        return self._block[:step]


def describe(place: Place) -> dict[str, Any]:
    """Return how another process makes the same provider."""
    found = place.provider
    about: dict[str, Any] = {"kind": place.kind, "company": place.company}
    if isinstance(found, Local):
        return about | {"root": str(found.tree.root)}
    if isinstance(found, S3):
        return about | {"profile": found.profile.name, "place": asdict(found.place)}
    assert isinstance(found, Azure)
    return about | {"connection": found.connection, "container": found.container}


def remake(about: dict[str, Any]) -> Place:
    """Return the provider that was described."""
    provider: Provider
    if "root" in about:
        provider = make_local(Path(about["root"]))
    elif "place" in about:
        provider = make_made_s3(about["profile"], S3Place(**about["place"]))
    else:
        provider = make_made_azure(about["connection"], about["container"])
    return Place(about["kind"], provider, CompanyId(about["company"]))


def once(place: Place) -> bool:
    """Put, look, read, list and delete."""
    data, key = random_bytes(2000), place.key()
    place.put(data, key)
    is_right = place.provider.stat(key).size_bytes == 2000 and place.read(key) == data and key in place.keys(key)
    place.provider.delete([key])
    return is_right


def greenlets(place: Place, count: int) -> dict[str, int]:
    """Do it in many greenlets at once."""
    import gevent

    jobs = [gevent.spawn(once, place) for _ in range(count)]
    gevent.joinall(jobs, timeout=60)
    return {"right": sum(bool(job.value) for job in jobs)}


def forks(place: Place, count: int) -> dict[str, int]:
    """Use it here, then in children made anew as `providers` does after a fork, all at once."""
    assert once(place)
    about, children = describe(place), []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            os._exit(0 if all(once(remake(about)) for _ in range(5)) else 1)
        children.append(child)
    assert all(once(place) for _ in range(5))
    return {"right": sum(os.waitpid(child, 0)[1] == 0 for child in children)}


def everything(place: Place, count: int) -> dict[str, int]:
    """Put a large body, read it, fork, and live long; all in one process, for starting one takes its time."""
    warm(place)
    before, body = resident(), Endless(LARGE)
    stored = place.provider.put(place.key(), body, size_bytes=LARGE, content_type="a/b")  # type: ignore[arg-type]
    measured = {"put_size": stored.size_bytes, "put_grown": body.most - before}
    before, most, size = resident(), 0, 0
    with place.provider.open(stored.key) as pieces:
        for piece in pieces:
            size, most = size + len(piece), max(most, resident())
    measured |= {"read_size": size, "read_grown": most - before}
    return measured | {"forks": forks(place, 4)["right"], "grown": life(place, count)["grown"]}


def life(place: Place, count: int) -> dict[str, int]:
    """Do it again and again, once it has done so for a while."""
    for _ in range(40):
        assert once(place)
    before = resident()
    for _ in range(count):
        assert once(place)
    return {"grown": resident() - before}


def warm(place: Place) -> None:
    """Load what is loaded at first use."""
    assert once(place)
    upload_id = place.provider.begin_multipart(key := place.key(), "a/b")
    place.provider.abort_multipart(key, upload_id)


def resident() -> int:
    """Return the memory it has now, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


WORK: dict[str, Callable[[Place, int], dict[str, int]]] = {"greenlets": greenlets, "everything": everything}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(WORK[sys.argv[1]](remake(json.load(sys.stdin)), int(sys.argv[2]))) + "\n")
