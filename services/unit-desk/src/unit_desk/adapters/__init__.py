"""The outside: PostgreSQL."""
