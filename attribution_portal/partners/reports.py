"""What the start page of a partner shows."""
