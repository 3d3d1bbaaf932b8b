"""Which of the chosen indexes matter most: each is worth what all statements would cost more without it, beside the others."""

from collections.abc import Callable, Sequence

from app.queries.advisor.choose import Option

Whole = Callable[[Sequence[Option]], float]


def without_idle(options: Sequence[Option], whole: Whole, least: float) -> list[Option]:
    """Drop, one after another, the index that is missed least, until each of the rest saves at least so much.

    Args:
        options: What was chosen.
        whole: What all statements and writers cost with some of them.
        least: In the same unit.
    """
    kept = list(options)
    while kept:
        loss, place = missed_least(kept, whole)
        if loss >= least and loss > 0:
            break
        del kept[place]
    return kept


def ranked(options: Sequence[Option], whole: Whole) -> list[tuple[Option, float]]:
    """Return them with what each saves beside those before it, most useful first.

    From the last place to the first: two indexes that serve one statement together are worth nothing each, and would both
    come last the other way round.
    """
    kept, found = list(options), []
    while kept:
        loss, place = missed_least(kept, whole)
        found.append((kept.pop(place), loss))
    return found[::-1]


def missed_least(options: Sequence[Option], whole: Whole) -> tuple[float, int]:
    """Return what is lost without the least useful one, and its place."""
    with_all = whole(options)
    losses = [whole([*options[:place], *options[place + 1 :]]) - with_all for place in range(len(options))]
    return min((loss, place) for place, loss in enumerate(losses))
