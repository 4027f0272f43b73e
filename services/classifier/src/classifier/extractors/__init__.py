"""Everything else that is read from a text, one module for each property."""
