"""Stand-ins of vendors on one machine, as real client libraries see them: an SMS gateway, X, Graph and WhatsApp."""
