"""What will be wanted of each item, what is bought together, and the reorder points that follow from it."""
