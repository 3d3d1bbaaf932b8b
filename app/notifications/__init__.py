"""Sentences for single people: in the top bar at once, on a page of their own, by mail for those who like."""
