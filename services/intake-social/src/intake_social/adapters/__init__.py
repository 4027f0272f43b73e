"""The outside things this service talks to, one file each."""
