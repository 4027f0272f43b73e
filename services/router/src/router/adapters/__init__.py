"""The router's outside: its database and its region files."""
