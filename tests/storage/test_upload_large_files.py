"""A large file through the real web processes: none holds it in memory, and none waits on a disk in between.

`bin/bench upload` does the same with 5 GiB.
"""

import hashlib
import json

from bench.upload import MIB, send, watching
from tests.site import Site
from tests.world import Person

SIZE = 256 * MIB
MOST_GROWTH = 64 * MIB


def test_a_large_file_streams_through(site: Site, sam: Person) -> None:
    assert send(site, sam, MIB)[0] == 201
    with watching(site) as seen:
        status, said = send(site, sam, SIZE)
    assert status == 201, said
    file = json.loads(said)
    zeros = hashlib.sha256()
    for _ in range(SIZE // MIB):
        zeros.update(bytes(MIB))
    assert (file["sizeBytes"], file["sha256"], file["state"]) == (SIZE, zeros.hexdigest(), "ready")
    assert seen.grew_bytes < MOST_GROWTH
    assert seen.files == set()
    assert seen.wrote_bytes < SIZE + 16 * MIB, "each byte is written once: where it stays"
