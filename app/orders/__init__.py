"""Orders: placing, the way from placed to delivered, notes, returns, and the lists over them."""
