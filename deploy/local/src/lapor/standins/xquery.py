"""The part of X's search language in use: words, "phrases", #tag, @user, from:user, is:retweet, -not, OR, ( )."""

import re
from collections.abc import Callable

from lapor.standins.state import Post

Test = Callable[[Post], bool]
_TOKEN = re.compile(r'\s*(-?"[^"]*"|-?\(|\)|[^\s()]+)')


def compile_query(query: str) -> Test:
    """A test for one post. Raises: ValueError when the query can't be read."""
    tokens = _TOKEN.findall(query)
    if not tokens:
        raise ValueError("empty query")
    test = _either(tokens)
    if tokens:
        raise ValueError(f"unexpected {tokens[0]!r}")
    return test


def _either(tokens: list[str]) -> Test:
    choices = [_all(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        choices.append(_all(tokens))
    return lambda post: any(choice(post) for choice in choices)


def _all(tokens: list[str]) -> Test:
    parts: list[Test] = []
    while tokens and tokens[0] not in ("OR", ")"):
        parts.append(_one(tokens))
    if not parts:
        raise ValueError("an operator lacks its operand")
    return lambda post: all(part(post) for part in parts)


def _one(tokens: list[str]) -> Test:
    term = tokens.pop(0)
    negated, term = term.startswith("-"), term.removeprefix("-")
    test = _group(tokens) if term == "(" else _word(term)
    return (lambda post: not test(post)) if negated else test


def _group(tokens: list[str]) -> Test:
    test = _either(tokens)
    if not tokens or tokens.pop(0) != ")":
        raise ValueError("a parenthesis is not closed")
    return test


def _word(token: str) -> Test:
    name, colon, value = token.partition(":")
    if name == "from" and colon:
        return lambda post: post.author.lower() == value.removeprefix("@").lower()
    if name == "is" and colon:
        if value not in ("retweet", "reply", "quote"):
            raise ValueError(f"unknown operator {token!r}")
        chosen = value
        return lambda post: (
            {"retweet": post.retweet_of, "reply": post.in_reply_to, "quote": post.quote_of}[chosen] is not None
        )
    pattern = re.compile(rf"(?<!\w){re.escape(token.strip(chr(34)))}(?!\w)", re.IGNORECASE)
    return lambda post: pattern.search(post.text) is not None
