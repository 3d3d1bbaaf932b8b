"""Files that bring orders or stock: read, previewed, loaded in batches that can be resumed, and accounted for to the line."""
