"""What else is read from a text: one module for each thing."""
