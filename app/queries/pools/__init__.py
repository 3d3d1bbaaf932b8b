"""Pools of database connections: what every process says of its own, and the page that shows them all."""
