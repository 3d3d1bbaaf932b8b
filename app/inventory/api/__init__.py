"""The inventory as JSON."""

from app.inventory.api import items, stock_takes
from app.inventory.api.items import api_bp
from app.inventory.api.stock_takes import api_bp as stock_takes_bp

__all__ = ["api_bp", "items", "stock_takes", "stock_takes_bp"]
