"""What PostgreSQL does now and how its tables are: a panel each, which fails alone."""
