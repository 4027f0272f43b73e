"""What the services say to each other, and nothing else: events, topics, tickets, ids, masking."""
