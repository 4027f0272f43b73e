"""Run the tests of all parts: which worker runs which test and when, progress output, and limits for a test that hangs.

The plugins are named in the root's `conftest.py`.
"""
