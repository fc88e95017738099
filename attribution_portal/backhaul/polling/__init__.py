"""How packages are read without anybody asking, and how far that has come."""
