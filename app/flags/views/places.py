"""Addresses of the pages of flags: the environment is only named where it is not this installation's own."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from app.flags.environments import check_environment, list_environments
from app.flags.gates import say_closing
from app.flags.views.tables import home_environment

CAREFUL = "production"  # where switching on and letting more in is asked about first


@dataclass(frozen=True, slots=True)
class Place:
    """One environment, as pages speak of it."""

    environment: str

    @property
    def address(self) -> str | None:
        """The parameter of addresses; None leaves it out."""
        return None if self.is_home else self.environment

    @property
    def is_home(self) -> bool:
        """Whether this installation itself answers from it."""
        return self.environment == home_environment()

    @property
    def is_careful(self) -> bool:
        """Whether letting more in is asked about first."""
        return self.environment == CAREFUL

    def closes(self, key: str, *, is_on: bool) -> str:
        """Return what switching a flag so shuts for this installation; nothing where it answers nobody here."""
        return say_closing(key, is_on=is_on) if self.is_home else ""

    def of(self, endpoint: str, **values: Any) -> str:  # Any: parts of an address
        """Return the address of a page in this environment."""
        return url_for(f"flags.{endpoint}", environment=self.address, **values)

    def index(self) -> str:
        """Return the address of the list."""
        return self.of("list_flags")

    def lists(self, key: str) -> dict[str, str]:
        """Return the addresses of a flag's two lists."""
        return {name: self.of("show_list", key=key, list=name) for name in ("allow", "block")}


def place_asked() -> Place:
    """Return the environment this request is about.

    Raises:
        UnknownEnvironment: There is none of that name.
    """
    return Place(check_environment(request.args.get("environment") or None))


def other_places(endpoint: str, place: Place, **values: Any) -> list[dict[str, object]]:
    """Return the switch between environments, for the same page in each."""
    return [
        {
            "label": name.capitalize(),
            "href": Place(name).of(endpoint, **values),
            "current": name == place.environment,
        }
        for name in list_environments()
    ]
