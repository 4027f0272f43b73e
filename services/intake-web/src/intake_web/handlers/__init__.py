"""The answers to clients: the API, the pages, and their error messages."""
