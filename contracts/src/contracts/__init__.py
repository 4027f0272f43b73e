"""The language of the services, and nothing else: events, topics, tickets, ids, masking."""
