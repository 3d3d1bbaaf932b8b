"""Each index our migrations make, and what the planner does without it: what docs/indexes.md says of them."""

from collections.abc import Iterable, Sequence

from app.queries.advisor.backend import CannotTell
from app.queries.advisor.inside import inside
from app.queries.advisor.look import read_our_catalogue
from app.queries.advisor.prices import cost_of
from app.queries.advisor.scans import typical
from app.queries.advisor.shadowed import Shadowed
from app.queries.advisor.types import Query
from app.queries.shadow.cluster import shadow

WORTH = 1.05


def justify(names: Iterable[str], queries: Sequence[Query]) -> None:
    """Hide each index by itself, plan everything, and print who pays for it."""
    _, _, functions = read_our_catalogue()
    print(f"\n{'index':46}{'pages':>6}{'dearer':>8}{'cost':>10}{'without':>11}  the one that pays most")
    with shadow() as made:
        backend = Shadowed(made)
        texts = {one.fingerprint: (typical(one), one.role) for one in [*queries, *inside(queries, functions)]}
        base = costs(backend, texts, [])
        for name in names:
            without = costs(backend, texts, [name])
            worse = sorted(
                (one for one in base if without.get(one, 0) > base[one] * WORTH),
                key=lambda one: base[one] - without[one],
            )
            if not worse:
                print(f"{name:46}{'':6}{0:8}")
                continue
            first = worse[0]
            words = " ".join(texts[first][0].partition("FROM")[2].split())[:90]
            print(f"{name:46}{len(base):6}{len(worse):8}{base[first]:10,.0f}{without[first]:11,.0f}  {words}")


def costs(backend: Shadowed, texts: dict[str, tuple[str, str]], without: Sequence[str]) -> dict[str, float]:
    """Plan every statement without some indexes."""
    found = {}
    for name, (text, role) in texts.items():
        try:
            found[name] = cost_of(backend.plan(text, role=role, without=without))
        except CannotTell:
            continue
    return found
