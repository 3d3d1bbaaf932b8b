"""Plans: what they say, what is kept of them, and when one changes."""
