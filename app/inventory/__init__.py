"""Inventory: what a company sells or owns, how much of it is there, and every movement that made it so."""
