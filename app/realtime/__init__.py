"""Sockets, SSE and `/api/events`: how the event log reaches browsers and scripts."""
