"""Pages of storage, and the files themselves."""
