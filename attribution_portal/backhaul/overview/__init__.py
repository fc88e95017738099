"""Packages by the thousand: the list of a partner, and what the review board asks for."""
