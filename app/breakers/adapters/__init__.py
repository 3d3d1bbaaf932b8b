"""Breakers around the libraries people call services with; one module a library, each imported only by who uses it."""
