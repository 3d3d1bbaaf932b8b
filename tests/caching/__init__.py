"""The page of the read cache, and its purges."""
