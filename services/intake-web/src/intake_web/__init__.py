"""The intake-web service."""
