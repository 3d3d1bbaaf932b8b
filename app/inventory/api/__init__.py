"""The inventory as JSON."""

from app.inventory.api import exports, items, stock_takes
from app.inventory.api.items import api_bp
from app.inventory.api.stock_takes import api_bp as stock_takes_bp

__all__ = ["api_bp", "exports", "items", "stock_takes", "stock_takes_bp"]
