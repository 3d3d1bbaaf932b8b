"""What runs by the clock: rows in PostgreSQL, fired by one transaction each."""
