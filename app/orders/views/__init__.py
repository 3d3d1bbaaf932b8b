"""The pages of orders."""

from app.orders.views import acts, bulk, detail, editing, index, placing, saved_views
from app.orders.views.blueprint import bp

__all__ = ["acts", "bp", "bulk", "detail", "editing", "index", "placing", "saved_views"]
