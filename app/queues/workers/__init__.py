"""Celery's workers: who they are, what they do, and telling them what to do."""
