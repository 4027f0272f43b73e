"""The sla-monitor's outside: its database."""
