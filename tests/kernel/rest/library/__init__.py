"""A small app that only the tests of REST know: books on shelves, every kind of column, a few operations."""
