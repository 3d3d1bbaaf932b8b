"""Live under load, with servers of its own: what a socket waits and costs, and what one company does to another.

    bin/bench live                                  every part
    bin/bench live --parts fanout,commit --runs 3   some of them

fanout   1,000 sockets in 50 rooms, 10,000 deliveries/s, beside npm socket.io in the same run
commit   from the commit to the socket, 500 events/s over 50 companies
viewers  20 pages of one company with 500 events/s: messages a second, and whether the last version arrives
burst    company B while company A bursts 5,000 events/s
stalled  100 clients that stop reading: memory, greenlets, and what the others get
"""

import argparse
import multiprocessing
import sys

from bench import live_burst, live_commit, live_fanout, live_stalled, live_viewers
from bench.live_place import Place, running_place

PARTS = ("fanout", "commit", "viewers", "burst", "stalled")


def measure(part: str, place: Place, chosen: argparse.Namespace) -> None:
    """Run one part."""
    common = {"seconds": chosen.seconds, "runs": chosen.runs}
    if part == "fanout":
        live_fanout.measure(place, sockets=chosen.sockets, rate=chosen.rate, **common)
    elif part == "commit":
        live_commit.measure(place, rate=chosen.rate, **common)
    elif part == "viewers":
        live_viewers.measure(place, rate=chosen.rate, **common)
    elif part == "burst":
        live_burst.measure(place, rate=chosen.burst, **common)
    else:
        live_stalled.measure(place, stalled=chosen.stalled, rate=chosen.rate)


def main(arguments: list[str] | None = None) -> None:
    """Read the options and measure; each part gets an installation of its own."""
    parser = argparse.ArgumentParser(
        prog="bin/bench live", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", default=",".join(PARTS), help="comma-separated")
    parser.add_argument("--sockets", type=int, default=1000, help="of fanout")
    parser.add_argument("--rate", type=int, default=500, help="events a second")
    parser.add_argument("--burst", type=int, default=5000, help="events a second of company A")
    parser.add_argument("--stalled", type=int, default=100, help="clients that stop reading")
    parser.add_argument("--seconds", type=int, default=10, help="of each run")
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args(arguments)
    for part in chosen.parts.split(","):
        if part not in PARTS:
            parser.error(f"{part!r} is none of {', '.join(PARTS)}")
        process = multiprocessing.get_context("spawn").Process(target=run, args=(part, chosen))
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(process.exitcode)


def run(part: str, chosen: argparse.Namespace) -> None:
    """Run one part in a process of its own: an app goes on following its database until its process ends."""
    with running_place(relay=part != "fanout") as place:
        measure(part, place, chosen)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
