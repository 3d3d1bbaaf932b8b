"""What can be wrong with an act on a breaker."""

from app.core.errors import Problem


class BreakerNotFound(Problem, code="breaker-not-found", status=404):
    """There is no breaker {name}. Those there are: {known_names}."""

    name: str
    known: list[str]

    @property
    def known_names(self) -> str:
        """The names in one line, for the sentence."""
        return ", ".join(self.known) or "none yet"

    @property
    def sentence(self) -> str:
        """The whole human text."""
        return " ".join((self.__doc__ or "").split()).format(name=self.name, known_names=self.known_names)


class ExpiryTooFar(Problem, code="breaker-expiry-out-of-range", status=422):
    """That is no time a breaker can be held. Give from 10 seconds to 30 days, or nothing to hold it until somebody lets go."""

    for_s: int
