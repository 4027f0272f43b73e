"""The sla-monitor's outside: its database, and how far the log goes."""
