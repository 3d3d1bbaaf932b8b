"""Order forms as photos or PDF: read, matched with items, and ordered when a person says so."""
