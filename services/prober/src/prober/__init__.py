"""Tries the system from outside, as a citizen would, and watches the broker with rights to describe it only."""
