"""The things outside: PostgreSQL and the socket."""
