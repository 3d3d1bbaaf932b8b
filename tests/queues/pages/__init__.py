"""Pages of queues and jobs."""
