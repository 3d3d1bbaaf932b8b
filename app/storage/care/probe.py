"""What a probe is: a question to a provider, and how bad it is when the answer is no."""

from collections.abc import Callable
from dataclasses import dataclass

from app.storage.care.bench import Bench

PROBES: list["Probe"] = []


class Bad(Exception):
    """The answer is wrong, and that matters."""


class Warn(Exception):
    """The answer is not what is best."""


class Skip(Exception):
    """There is no answer here: this kind of provider has no such thing."""


@dataclass(frozen=True)
class Probe:
    """One question.

    Attributes:
        name: As JSON has it.
        title: What a right answer means.
        claim: The field of the profile that says whether it should be so; "" when it always should.
        ask: Returns what was seen; raises Bad, Warn or Skip.
    """

    name: str
    title: str
    claim: str
    ask: Callable[[Bench], str]


@dataclass(frozen=True)
class Seen:
    """What a probe saw.

    Attributes:
        verdict: good, warn, bad; `none` for what the provider does not offer and its profile does not claim.
    """

    name: str
    title: str
    verdict: str
    said: str
    claim: str = ""
    ms: int = 0


def probe(name: str, title: str, claim: str = "") -> Callable[[Callable[[Bench], str]], Callable[[Bench], str]]:
    """Register a probe; they run in the order they are written."""

    def add(ask: Callable[[Bench], str]) -> Callable[[Bench], str]:
        PROBES.append(Probe(name, title, claim, ask))
        return ask

    return add


def expect(is_so: object, otherwise: str) -> None:
    """Raise Bad unless something is so."""
    if not is_so:
        raise Bad(otherwise)
