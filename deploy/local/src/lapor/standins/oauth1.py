"""Checks an OAuth 1.0a signature (HMAC-SHA1) the way X does, RFC 5849 section 3.4."""

import hashlib
import hmac
from base64 import b64encode
from urllib.parse import parse_qsl, quote, unquote


def _escape(value: str) -> str:
    return quote(value, safe="-._~")


def _header_parameters(authorization: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in authorization.removeprefix("OAuth ").split(","))
    return {unquote(name): unquote(value.strip('"')) for name, _, value in pairs}


def signed_by(
    authorization: str,
    *,
    method: str,
    url: str,
    query: str,
    consumer: tuple[str, str],
    token: tuple[str, str],
) -> bool:
    """Whether the header's signature is right. `url` is the address that the *client* calls, without its query;
    `consumer` and `token` are (name, secret).
    """
    header = _header_parameters(authorization)
    signature = header.pop("oauth_signature", "")
    header.pop("realm", None)
    if (header.get("oauth_consumer_key"), header.get("oauth_token")) != (consumer[0], token[0]):
        return False
    parameters = [*header.items(), *parse_qsl(query, keep_blank_values=True)]
    normal = "&".join(f"{name}={value}" for name, value in sorted((_escape(n), _escape(v)) for n, v in parameters))
    base = f"{method}&{_escape(url)}&{_escape(normal)}"
    key = f"{_escape(consumer[1])}&{_escape(token[1])}"
    # SHA-1 is the vendor's protocol, not our choice.
    expected = b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()
    return hmac.compare_digest(expected, signature)
