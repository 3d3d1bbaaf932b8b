"""Namespaces: what is kept, for how long, and what it is made of. A company's and everybody's are two different things."""

from collections.abc import Callable, Sequence
from functools import wraps
from hashlib import blake2b
from typing import Any, Generic, Literal, ParamSpec, TypeVar

import orjson
from pydantic import TypeAdapter

from app.core.cache import tags
from app.core.cache.process import process
from app.core.cache.reading import Wanted, read
from app.core.installation import installation_id
from app.core.tenancy import current_scope

P = ParamSpec("P")
T = TypeVar("T")
Kind = Literal["inventory", "orders", "companies", "queues", "storage"]
Args = Sequence[object]


class WrongCompany(RuntimeError):
    """Something was to be kept for a company that this is not: a bug, never a user's mistake."""


class Namespace(Generic[T]):
    """One kind of value.

    Attributes:
        name: As the page of the cache shows it: `inventory.summary`.
        meaning: What it is, in a few words.
        tables: What it is read from; a change of one makes it bad.
        topics: Whose facts make it bad, too.
    """

    def __init__(
        self, name: str, kind: Kind, shape: Any, *, meaning: str, tables: Sequence[str], topics: Sequence[str] = (),  # Any: a type form
        version: int = 1,
    ) -> None:  # fmt: skip
        self.name, self.kind, self.meaning = name, kind, meaning
        self.tables, self.topics = tuple(tables), tuple(topics)
        self.shape: TypeAdapter[T] = TypeAdapter(shape)
        told = orjson.dumps([version, self.shape.json_schema()], option=orjson.OPT_SORT_KEYS)
        self.schema = blake2b(told, digest_size=4).hexdigest()
        tags.topics.update(topics)
        namespaces[name] = self

    @property
    def ttl_s(self) -> int:
        """How long a value is kept."""
        found: int = getattr(process().settings, f"cache_{self.kind}_s")
        return found

    def key(self, place: object, args: Args) -> str:
        """Return the key of a value; what was asked for is in it as a digest only."""
        digest = blake2b(orjson.dumps(args, default=str, option=orjson.OPT_SORT_KEYS), digest_size=12).hexdigest()
        return f"c:{place}:{self.name}:{self.schema}:{digest}"

    def _read(self, place: object, own_tags: Sequence[str], args: Args, load: Callable[[], T]) -> T:
        depends = (tags.EVERYTHING, tags.of_namespace(self.name), *own_tags)
        return read(Wanted(self.name, self.key(place, args), depends, self.ttl_s, self.shape, load))


class OfCompany(Namespace[T]):
    """Values of one company each."""

    def __init__(self, name: str, kind: Kind, shape: Any, **what: Any) -> None:  # Any: as Namespace
        super().__init__(name, kind, shape, **what)
        tags.watched.update(self.tables)

    def read(self, company_id: int, args: Args, load: Callable[[], T]) -> T:
        """Return a value of a company.

        Args:
            company_id: Whose; it must be the company one acts in, whose rows `load` would see.
            args: What is asked for: everything but the company that the value depends on, such as permissions.
            load: Asks the database: whole selects, of columns rather than rows one may hold already.

        Raises:
            WrongCompany: One acts for another.
        """
        scope = current_scope()
        if scope.role != "app" or scope.company_id != company_id:
            raise WrongCompany(f"{self.name} of {company_id} asked for within {scope}")
        depends = [
            tags.of_company(company_id),
            *(tags.tag(place, table) for table in self.tables for place in (company_id, tags.ALL)),
            *(tags.tag(company_id, f"@{topic}") for topic in self.topics),
        ]
        return self._read(company_id, depends, args, load)


class Everywhere(Namespace[T]):
    """Values made of all companies' rows, for the installation. No company ever reads one."""

    def __init__(self, name: str, kind: Kind, shape: Any, **what: Any) -> None:  # Any: as Namespace
        super().__init__(name, kind, shape, **what)
        tags.watched_anywhere.update(self.tables)

    def read(self, args: Args, load: Callable[[], T]) -> T:
        """Return a value.

        Raises:
            WrongCompany: One acts for a company.
        """
        scope = current_scope()
        if scope.role == "app" and scope.company_id != installation_id():
            raise WrongCompany(f"{self.name} asked for within {scope}")
        depends = [
            *(tags.tag(tags.ANY, table) for table in self.tables),
            *(tags.tag(tags.ANY, f"@{topic}") for topic in self.topics),
        ]
        return self._read("all", depends, args, load)


namespaces: dict[str, Namespace[Any]] = {}  # Any: each has its own shape


def cached(namespace: OfCompany[T]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep what a function returns for the company one acts in; asked across companies it is just called."""

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            company_id = current_scope().company_id
            if company_id is None:
                return function(*args, **kwargs)
            asked = [args, kwargs]
            return namespace.read(company_id, asked, lambda: function(*args, **kwargs))

        return ask

    return wrap


def cached_everywhere(namespace: Everywhere[T]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep what a function returns for the installation; asked inside a company it is just called."""

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def ask(*args: P.args, **kwargs: P.kwargs) -> T:
            scope = current_scope()
            if scope.role == "app" and scope.company_id != installation_id():
                return function(*args, **kwargs)
            return namespace.read([args, kwargs], lambda: function(*args, **kwargs))

        return ask

    return wrap
