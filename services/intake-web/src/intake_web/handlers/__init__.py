"""What is answered to whom: the API, the pages, and what both say when something is wrong."""
