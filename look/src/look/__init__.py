"""How pages look, and what protects them: what the website and the desk share."""
