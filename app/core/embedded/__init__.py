"""PostgreSQL and Valkey from pip wheels, and the supervisor behind bin/up. Imports neither Flask nor a feature."""
