"""The intake-social service."""
