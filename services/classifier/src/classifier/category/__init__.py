"""How a complaint is given its category."""
