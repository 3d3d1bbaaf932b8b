"""Sales of each day, kept apart from the orders so that no page adds up a month of them."""
