"""The design of pages and their protection, shared by the website and the desk."""
