"""One field that leads to everything: an order number, a SKU, a name, a request id."""
