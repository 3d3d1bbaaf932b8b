"""A throw-away PostgreSQL with our schema and the planner's figures, and not one row of anybody's."""
