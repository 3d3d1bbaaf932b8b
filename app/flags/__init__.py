"""Feature flags: one engine in every process, one console, one server for others."""
