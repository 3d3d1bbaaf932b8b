"""The flag engine: pure functions over an immutable snapshot. Knows neither Flask nor the database."""
