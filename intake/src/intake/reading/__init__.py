"""What a message says and asks for, from its words alone. Pure."""
