"""The inventory's pages. One blueprint, so that the rail knows where one is."""

from app.inventory.views import bulk, exports, items, lists, stock_takes
from app.inventory.views.blueprint import bp

__all__ = ["bp", "bulk", "exports", "items", "lists", "stock_takes"]
