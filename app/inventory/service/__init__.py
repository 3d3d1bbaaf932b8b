"""Changes to the inventory, one function per act."""

from app.inventory.service.reservations import Reserved, release, reserve, ship, take_back

__all__ = ["Reserved", "release", "reserve", "ship", "take_back"]
