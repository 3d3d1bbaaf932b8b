"""From a statement that was sent to rows that people read: gathered, shipped, folded."""
