"""The audit: who did what, when and why, kept beyond the event log."""
