"""Plumbing every service needs and none writes twice. Read in this order: wire, step, outbox, consume, service."""
