"""The read cache, with a real Valkey and a real database."""
