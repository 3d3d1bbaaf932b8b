"""Which variants this request, job or command was given, so that what fails can be put down to them.

The flag engine notes an answer here when the flag's rollout is guarded; the breakers and the request's
end read it. `watching` is false in nearly every process at nearly all times, and then nobody looks.
"""

from contextvars import ContextVar

CONTROL, TREATMENT = "control", "treatment"
_arms: ContextVar[dict[str, str] | None] = ContextVar("arms", default=None)


class Watch:
    """Whether any rollout is guarded; one attribute to look at on the hot path."""

    __slots__ = ("on",)

    def __init__(self) -> None:
        self.on = False


watch = Watch()


def begin() -> None:
    """Forget what the context before was given: the start of a request or a job."""
    if _arms.get() is not None:
        _arms.set(None)


def note(flag: str, arm: str) -> None:
    """Keep that a guarded flag gave `control` (its off answer) or `treatment`."""
    kept = _arms.get()
    if kept is None:
        _arms.set({flag: arm})
    else:
        kept[flag] = arm


def current() -> dict[str, str]:
    """Return flag → arm of this context; empty when none is guarded."""
    return _arms.get() or {}
