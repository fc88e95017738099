"""The attribution model of an event: what is in force, and how people change it."""
