"""A package's page and its files."""
