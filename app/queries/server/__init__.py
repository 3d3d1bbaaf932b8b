"""What PostgreSQL itself counts, read over the monitor's own small connections."""
