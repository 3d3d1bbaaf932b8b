"""Circuit breakers: one engine in every process, one window over all of them, one console."""
