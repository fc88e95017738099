"""What was read and what was changed, on record: how both get there, and how they are told."""
