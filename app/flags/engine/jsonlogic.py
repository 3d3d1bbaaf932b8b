"""JsonLogic (jsonlogic.com) with flagd's own operations, compiled once into closures.

A rule is data from outside: its depth, size and loops are bounded when it is compiled, and whatever an
operation cannot make sense of at run time is None, never an exception.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from app.flags.engine.coercion import is_true
from app.flags.engine.fractional import Share, compile_fractional, read_shares
from app.flags.engine.model import Algorithm
from app.flags.engine.operations import OPERATIONS, READERS

MAX_DEPTH = 50
MAX_OPERATIONS = 2_000
MAX_LOOPS = 2  # a map in a map; each further one multiplies the work by the length of its list
Logic = Callable[[Any], Any]
_FAULTS = (TypeError, ValueError, ArithmeticError, RecursionError)
_CONDITIONAL = ("if", "?:")
_LOOPS = ("map", "filter", "all", "some", "none")


class LogicError(ValueError):
    """The rule is no JsonLogic that this product runs; the message is a sentence."""


class Constant:
    """A part of a rule that is the same for every context."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, data: Any) -> Any:
        """Return the value."""
        return self.value


class Compiler:
    """Turns the rules of one flag into functions of a context.

    Args:
        flag_key: What `$flagd.flagKey` is and what the shorthand of `fractional` draws by.
        algorithm: Which of flagd's draws `fractional` makes.
        evaluators: Name → shared rule, for `$ref`.
    """

    def __init__(self, flag_key: str, algorithm: Algorithm, evaluators: Mapping[str, Any]) -> None:
        self._flag_key = flag_key
        self._algorithm = algorithm
        self._evaluators = evaluators
        self._operations = 0

    def compile(self, rule: Any, depth: int = 0, loops: int = 0) -> Logic:
        """Compile a rule or a part of one.

        Raises:
            LogicError: An unknown operation or evaluator, or too much of it.
        """
        if depth > MAX_DEPTH:
            raise LogicError(f"The rule is nested more than {MAX_DEPTH} deep.")
        if isinstance(rule, list):
            return _list_of([self.compile(item, depth + 1, loops) for item in rule])
        if not isinstance(rule, dict) or len(rule) != 1:
            return Constant(rule)
        self._operations += 1
        if self._operations > MAX_OPERATIONS:
            raise LogicError(f"The rule has more than {MAX_OPERATIONS} operations.")
        ((name, given),) = rule.items()
        if name == "$ref":
            return self._shared(given, depth, loops)
        return self._operation(name, given if isinstance(given, list) else [given], depth + 1, loops)

    def _shared(self, name: Any, depth: int, loops: int) -> Logic:
        if not isinstance(name, str) or name not in self._evaluators:
            raise LogicError(f"There is no shared rule {name!r} in $evaluators.")
        return self.compile(self._evaluators[name], depth + 1, loops)

    def _operation(self, name: str, given: list[Any], depth: int, loops: int) -> Logic:
        if name in _LOOPS or name == "reduce":
            return self._loop(name, given, depth, loops + 1)
        if name == "fractional":
            return self._fractional(given, depth, loops)
        parts = [self.compile(part, depth, loops) for part in given]
        if name in _CONDITIONAL:
            return _choose(parts)
        if name == "and":
            return _first(parts, stop_at=False)
        if name == "or":
            return _first(parts, stop_at=True)
        if name == "in" and len(parts) == 2:  # noqa: PLR2004 — needle and list
            found = _in_texts(parts[0], parts[1])
            if found:
                return found
        if name in READERS:
            return _read(READERS[name], parts)
        if name not in OPERATIONS:
            raise LogicError(f"{name!r} is no operation.")
        return _apply(OPERATIONS[name], parts)

    def _loop(self, name: str, given: list[Any], depth: int, loops: int) -> Logic:
        if loops > MAX_LOOPS:
            raise LogicError(f"Loops are nested more than {MAX_LOOPS} deep.")
        items = self.compile(given[0] if given else None, depth, loops)
        body = self.compile(given[1] if len(given) > 1 else None, depth, loops)
        if name == "reduce":
            return _fold(items, body, self.compile(given[2] if len(given) > 2 else None, depth, loops))  # noqa: PLR2004
        return _each(name, items, body)

    def _fractional(self, given: list[Any], depth: int, loops: int) -> Logic:
        by = None if not given or isinstance(given[0], list) else self.compile(given[0], depth, loops)
        entries = self.compile(given if by is None else given[1:], depth, loops)
        fixed: tuple[Share, ...] | None = None
        if isinstance(entries, Constant):
            fixed = read_shares(entries.value, self._algorithm)
            if fixed is None:
                return Constant(None)
        return _guard(compile_fractional(self._algorithm, self._flag_key, by, entries, fixed))


def _guard(logic: Logic) -> Logic:
    def safe(data: Any) -> Any:
        try:
            return logic(data)
        except _FAULTS:
            return None

    return safe


def _list_of(parts: list[Logic]) -> Logic:
    if all(isinstance(part, Constant) for part in parts):
        return Constant([part.value for part in parts if isinstance(part, Constant)])
    return lambda data: [part(data) for part in parts]


def _apply(operation: Callable[..., Any], parts: list[Logic]) -> Logic:
    def call(data: Any) -> Any:
        try:
            return operation(*[part(data) for part in parts])
        except _FAULTS:
            return None

    return call


def _read(reader: Callable[..., Any], parts: list[Logic]) -> Logic:
    if len(parts) == 1 and isinstance(parts[0], Constant):
        name = parts[0].value
        if reader is READERS["var"] and isinstance(name, str) and name and "." not in name:
            return lambda data: data.get(name) if isinstance(data, dict) else reader(data, name)
    return _guard(lambda data: reader(data, *[part(data) for part in parts]))


def _in_texts(needle: Logic, where: Logic) -> Logic | None:
    """Look texts up in a fixed list of texts at once, however long the list is."""
    if not isinstance(where, Constant) or not isinstance(where.value, list):
        return None
    if not all(isinstance(item, str) for item in where.value):
        return None
    known = frozenset(where.value)

    def find(data: Any) -> bool:
        value = needle(data)
        return isinstance(value, str) and value in known

    return find


def _choose(parts: list[Logic]) -> Logic:
    """Answer `if`: condition, value, condition, value, …, else."""
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    otherwise = parts[-1] if len(parts) % 2 else Constant(None)

    def choose(data: Any) -> Any:
        for condition, value in pairs:
            if is_true(condition(data)):
                return value(data)
        return otherwise(data)

    return choose


def _first(parts: list[Logic], *, stop_at: bool) -> Logic:
    """Answer `or` (the first that is true) and `and` (the first that is not); else the last."""

    def find(data: Any) -> Any:
        value = None
        for part in parts:
            value = part(data)
            if is_true(value) is stop_at:
                break
        return value

    return find


def _each(name: str, items: Logic, body: Logic) -> Logic:
    def run(data: Any) -> Any:
        found = items(data)
        over: list[Any] = found if isinstance(found, list) else []
        if name == "map":
            return [body(item) for item in over]
        if name == "filter":
            return [item for item in over if is_true(body(item))]
        answers: Iterable[bool] = (is_true(body(item)) for item in over)
        if name == "all":
            return bool(over) and all(answers)
        return any(answers) is (name == "some")

    return run


def _fold(items: Logic, body: Logic, start: Logic) -> Logic:
    def run(data: Any) -> Any:
        found, total = items(data), start(data)
        for item in found if isinstance(found, list) else []:
            total = body({"current": item, "accumulator": total})
        return total

    return run
