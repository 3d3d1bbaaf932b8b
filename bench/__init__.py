"""Measurements. Each prints a table; figures worth keeping stand in docs/benchmarks.md with the command that made them."""
