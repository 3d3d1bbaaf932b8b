"""Run a measurement: `bin/bench NAME …`. Those that need an installation use the running one of QUARTERDECK_HOME."""

import importlib
import os
import sys
from pathlib import Path

from app.core.embedded.envfile import read_env_file

BENCHES = {
    "advice": "indexes advised on our own schema, each really built, beside PgHero's and Dexter's rules; --orders 1000000",
    "soak": "tests/faults in full size, one table of what must hold; bin/bench soak [NAME …], servers of its own",
    "events": "what events cost writers of one hot company, numbering, commit to feed; servers of its own",
    "limits": "three limits and their headers beside Flask-Limiter, over one EVALSHA; servers of its own",
    "sessions": "the session of a request beside Flask-Session, over one GET and its decoding; servers of its own",
    "import": "a sales file, the first time and again: bin/bench import FILE.csv[.xz|.gz] (needs bin/up)",
    "lists": "lists and search at scale, after bin/flask bench generate --orders 1000000 --companies 10000 (needs bin/up)",
    "live": "sockets beside npm socket.io, commit to socket, viewers, a burst, stalled clients; --parts fanout,commit; servers of its own",
    "push": "from a saved flag to eight processes that answer by it: bin/bench push (needs bin/up)",
    "ledger": "lists and searches over 3,000,000 jobs, the fold, retention; servers of its own: bin/bench ledger --jobs 3000000",
    "queues": "enqueue, latency and throughput beside plain Celery, pages beside Flower; servers of its own: bin/bench queues",
    "cache": "figures and pages with and without the read cache, hit rate, a rush, a race; servers of its own",
    "pools": "a pool that keeps what a rush opened, lookups in a batch, rows by one statement; servers of its own",
    "breakers": "a call through a breaker beside interlock-cb, pybreaker, circuitbreaker and purgatory, alone and in a fleet",
    "storage": "small and large puts, memory, signing, verifying beside boto3, obstore and rclone; --migrate 20000 moves files",
    "storage-usage": "usage of 10,000,000 files: page, read, what counting costs writers; servers of its own",
    "upload": "5 GiB through the web to this disk and to SeaweedFS: memory, temporary files, what others wait; --gib 5",
    "queries": "what watching a statement costs beside sqltap, percentiles over four processes, the fold and the pages",
    "pages": "the list of orders, signed in, beside Flask-Admin, Django's admin and a bare page; --orders 1000000",
    "json": "GET /api/orders by token with limits beside FastAPI and a bare answer; --orders 1000000",
    "lighthouse": "Lighthouse, mobile, over the list of orders and the overview; servers of its own",
    "flags": "an answer of the flags beside UnleashClient, growthbook, flagsmith and OpenFeature, and a million draws",
}
ITS_OWN_SERVERS = {
    "limits",
    "sessions",
    "pages",
    "json",
    "lighthouse",
    "events",
    "soak",
    "pools",
    "cache",
    "advice",
    "upload",
    "storage-usage",
    "storage",
    "live",
    "flags",
    "breakers",
    "ledger",
    "queues",
    "queries",
}


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name not in BENCHES:
        sys.exit("\n".join(["bin/bench NAME …", *(f"  {key:8} {text}" for key, text in BENCHES.items())]))
    if name not in ITS_OWN_SERVERS and "DATABASE_URL" not in os.environ:
        os.environ.update(running_services())
    sys.argv = [f"bin/bench {name}", *sys.argv[2:]]
    importlib.import_module(f"bench.{name.replace('-', '_')}").main()


def running_services() -> dict[str, str]:
    """Return the settings of the installation that bin/up keeps running."""
    file = Path(os.environ.get("QUARTERDECK_HOME", "var")) / "run" / "services.env"
    if not file.exists():
        sys.exit(f"Nothing runs in {file.parent.parent}: start it with bin/up, or set DATABASE_URL and its companions.")
    return read_env_file(file)


if __name__ == "__main__":  # a measuring process imports this file again
    main()
