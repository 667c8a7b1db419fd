"""Django's PostgreSQL backend, which starts the project's own cluster when a connection finds it stopped."""
