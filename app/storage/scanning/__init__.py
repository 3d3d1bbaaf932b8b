"""Whether a file is harmful: asked of clamd before anybody may fetch it."""
