"""The HTTP side of intake-sms."""
