"""Plumbing that every service needs, written once. Read in this order: wire, batch, outbox, consume, service."""
