"""Is it alive, is it ready, and how are the systems it stands on."""
