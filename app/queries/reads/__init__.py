"""Questions about statements."""
