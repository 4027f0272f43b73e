"""The one exception of the command line: a refusal that says what to do."""


class Refused(Exception):
    """Something cannot be done. Its text is one clear sentence for the person at the keyboard; exit code 1."""
