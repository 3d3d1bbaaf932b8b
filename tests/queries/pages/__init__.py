"""Pages, JSON and alerts of statements."""
