"""Backups of the database, and drills that restore them into an empty server."""
