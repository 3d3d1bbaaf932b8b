"""One stream into a bucket, in a process of its own: prints by how many MiB its memory grew at most."""

import io
import json
import sys
import threading

from bench.memory import rss_bytes
from bench.storage_work import MIB, Endless, boto, obstore_at, ours
from tests.storage.servers import Server


def main() -> None:
    """Read who streams what where, and stream."""
    who, about, bucket, size = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    server = Server("seaweed", None, None, about)  # type: ignore[arg-type] # only what its users need
    body = io.BufferedReader(Endless(size), MIB)
    if who == "ours":
        place = ours(server, bucket)
        place.put("1/temp/aa/aawarm" + "a" * 20, io.BytesIO(b"warm"), size_bytes=4, content_type="text/plain")

        def send() -> object:
            return place.put("1/temp/bb/" + "b" * 26, body, size_bytes=size, content_type="text/plain")
    elif who == "boto3":
        client = boto(server)
        client.put_object(Bucket=bucket, Key="warm", Body=b"warm")

        def send() -> object:
            return client.upload_fileobj(body, bucket, "large")
    else:
        from bench.peers import add_peers

        add_peers()
        import obstore

        store = obstore_at(server, bucket)
        obstore.put(store, "warm", b"warm")

        def send() -> object:
            return obstore.put(store, "large", iter(lambda: body.read(MIB), b""))

    print(round((peak(send)) / MIB, 1))


def peak(send: object) -> int:
    """Return by how much memory grew at most meanwhile."""
    assert callable(send)
    before, most, over = rss_bytes(), [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            most[0] = max(most[0], rss_bytes())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    send()
    over.set()
    thread.join()
    return max(most[0] - before, 0)


if __name__ == "__main__":
    main()
