"""Tables of orders, with the rules that hold on one row."""

from app.orders.models.line import OrderLine
from app.orders.models.note import OrderNote
from app.orders.models.order import Order, OrderCounter
from app.orders.models.saved_view import SavedView
from app.orders.models.shipment import Shipment, ShipmentLine

__all__ = ["Order", "OrderCounter", "OrderLine", "OrderNote", "SavedView", "Shipment", "ShipmentLine"]
