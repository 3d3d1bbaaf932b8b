"""Questions about orders: one function per page or list."""

from app.orders.reads.counts import DayFigures, count_views, day_figures
from app.orders.reads.detail import changes_since, find_order, notes_of
from app.orders.reads.filter import OrderFilter, View
from app.orders.reads.late import oldest_late
from app.orders.reads.listing import ListedOrder, OrderPage, list_orders, matching_numbers, orders_by_number
from app.orders.reads.saved_views import list_views
from app.orders.reads.timeline import TimelineRow, order_timeline

__all__ = [
    "DayFigures",
    "ListedOrder",
    "OrderFilter",
    "OrderPage",
    "TimelineRow",
    "View",
    "changes_since",
    "count_views",
    "day_figures",
    "find_order",
    "list_orders",
    "list_views",
    "matching_numbers",
    "notes_of",
    "oldest_late",
    "order_timeline",
    "orders_by_number",
]
