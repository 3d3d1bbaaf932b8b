"""All processes as one: their outcomes in one window, their states and probes in Valkey."""
