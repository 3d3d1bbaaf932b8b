"""Statements: what they cost, how they are planned, which indexes would help."""
