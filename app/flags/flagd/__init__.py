"""flagd's flag files: read into what the product keeps, and written from it. Pure functions on JSON."""
