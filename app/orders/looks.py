"""How a state looks: tone, icon and word, always all three."""

from dataclasses import dataclass

from app.orders.states import STEPS, OrderState


@dataclass(frozen=True, slots=True)
class Look:
    """What rows and pages show of a state.

    Attributes:
        done: How many of the five steps are behind it.
        gone: Steps that will not happen (a cancelled order).
    """

    tone: str
    icon: str
    word: str
    done: int
    gone: int = 0
    is_late: bool = False


_LOOKS = {
    OrderState.PLACED: Look("idle", "circle-dashed", "Placed", 1),
    OrderState.PAID: Look("run", "credit-card", "Paid", 2),
    OrderState.PACKED: Look("run", "package-check", "Packed", 3),
    OrderState.SHIPPED: Look("run", "truck", "Shipped", 4),
    OrderState.DELIVERED: Look("good", "circle-check", "Delivered", 5),
    OrderState.CANCELLED: Look("idle", "circle-slash", "Cancelled", 0, len(STEPS)),
    OrderState.RETURNED: Look("idle", "undo-2", "Returned", 5),
}


def look_of(state: str, *, is_late: bool = False) -> Look:
    """Return how a state looks; a late one asks for somebody."""
    look = _LOOKS[OrderState(state)]
    return Look("warn", "triangle-alert", f"{look.word}, late", look.done, is_late=True) if is_late else look
