"""One function per act on stored files."""
