"""Orders as JSON."""

from app.orders.api import acts, bulk, orders, saved_views
from app.orders.api.blueprint import api_bp

__all__ = ["acts", "api_bp", "bulk", "orders", "saved_views"]
