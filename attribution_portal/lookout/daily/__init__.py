"""The daily revenue panel of an event's page: what is drawn, the choices above it, and the same as a file."""
