"""Storage as JSON."""
