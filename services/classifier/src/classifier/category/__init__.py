"""The model that gives a complaint its category."""
