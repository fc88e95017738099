"""The list of events, and its files."""
