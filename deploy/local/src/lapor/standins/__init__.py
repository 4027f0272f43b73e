"""Vendors on one machine: an SMS gateway, the X API and the Graph API, as the real client libraries see them."""
