"""The intake-sms service."""
