"""Orders, stock and imports."""

from app.audit.sentences.words import Data, count, listed, quote, says

STATE_ACTS = {
    "paid": "marked order {} paid",
    "packed": "packed order {}",
    "shipped": "shipped order {}",
    "delivered": "marked order {} delivered",
    "cancelled": "cancelled order {}",
    "returned": "took order {} back",
}
STOCK_ACTS = {
    "reserved": "reserved stock of",
    "released": "released stock of",
    "created": "created item",
    "archived": "archived item",
    "restored": "restored item",
}


@says("order.created")
def order_created(data: Data) -> str:
    """An order was placed."""
    what = f"{count(data['unitCount'], 'unit')} for {data['total']} {data['currency']}"
    return f"placed order {data['number']} for {data['customer']}: {what}"


@says("order.updated")
def order_updated(data: Data) -> str:
    """Details, units that came back, a note."""
    if data.get("note"):
        return f"wrote on order {data['number']}: {quote(data['note'])}"
    fields = [spaced(name) for name in data.get("changes") or {}]
    return f"changed order {data['number']}" + (f": {listed(fields)}" if fields else "")


@says("order.status-changed")
def order_status_changed(data: Data) -> str:
    """One state to the next."""
    said = STATE_ACTS.get(data["to"], f"moved order {{}} from {data['from']} to {data['to']}")
    return said.format(data["number"])


@says("order.shipped")
def order_shipped(data: Data) -> str:
    """A parcel left."""
    tracked = f", tracking {data['trackingNumber']}" if data.get("trackingNumber") else ""
    rest = f"; {count(data['remainingUnits'], 'unit')} to follow" if data.get("remainingUnits") else ""
    return f"sent parcel {data['shipmentNo']} of order {data['number']} by {data['carrier']}{tracked}{rest}"


@says("orders.imported")
def orders_imported(data: Data) -> str:
    """A sales file was read."""
    return f"imported {count(data['count'], 'order')}"


@says("inventory.imported")
def inventory_imported(data: Data) -> str:
    """An item file was read."""
    return f"imported {count(data['count'], 'item')}"


@says("inventory.updated", "asset.updated")
def item_updated(data: Data) -> str:
    """Stock or details of an item. `delta` is the change of what is on hand; 0 is a reservation or an edit."""
    name, delta = f"{data['sku']}", int(data["delta"])
    order = f", order {data['orderNumber']}" if data.get("orderNumber") else ""
    if delta:
        verb = "added" if delta > 0 else "took"
        way = "to" if delta > 0 else "from"
        why = f" ({data['reason']})" if data.get("reason") else ""
        return f"{verb} {count(abs(delta), 'unit')} {way} {name}{order}{why}: {data['onHand']} on hand"
    if data.get("changes"):
        return f"changed {name}: {listed([spaced(field) for field in data['changes']])}"
    said = STOCK_ACTS.get(data["reason"], "changed stock of")
    return f"{said} {name}{order}: {data['available']} available"


@says("stock-take.changed")
def stock_take_changed(data: Data) -> str:
    """A counting sheet moved on."""
    return f"moved stock-take {quote(data['name'])} ({count(data['lines'], 'line')}) to {data['state']}"


@says("alert.triggered")
def alert_triggered(data: Data) -> str:
    """Somebody should look."""
    return f"raised an alert: {data['title']}"


def spaced(name: str) -> str:
    """reorderPoint, reorder_point → reorder point."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).replace("_", " ").strip()
