"""The project's own PostgreSQL: programs, cluster and sandbox. Nothing in here imports Django."""
