"""How the tests of all parts are run: who runs what and when, what is told meanwhile, and what ends a test that hangs.

The plugins are named in the root's `conftest.py`.
"""
