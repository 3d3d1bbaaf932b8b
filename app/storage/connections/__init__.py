"""Buckets that somebody else runs: looked at, never written to."""
