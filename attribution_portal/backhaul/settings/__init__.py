"""A package's settings and its partner's defaults: read, changed once per intent, explained."""
