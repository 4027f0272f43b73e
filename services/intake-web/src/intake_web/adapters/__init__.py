"""Adapters to the outside: PostgreSQL and the store of files."""
