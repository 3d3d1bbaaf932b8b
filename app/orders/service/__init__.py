"""Changes to orders, one function per act. Nothing here commits, sends or renders."""

from app.orders.service.editing import edit_order
from app.orders.service.notes import add_note
from app.orders.service.numbers import allocate_numbers
from app.orders.service.placing import place_order
from app.orders.service.progress import cancel_order, cancel_rest, deliver_order, pack_order, pay_order
from app.orders.service.returning import return_order
from app.orders.service.saved_views import remove_view, save_view
from app.orders.service.shipping import ship_order

__all__ = [
    "add_note",
    "allocate_numbers",
    "cancel_order",
    "cancel_rest",
    "deliver_order",
    "edit_order",
    "pack_order",
    "pay_order",
    "place_order",
    "remove_view",
    "return_order",
    "save_view",
    "ship_order",
]
