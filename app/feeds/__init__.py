"""Orders fetched from partners over HTTP, page by page, each once."""
