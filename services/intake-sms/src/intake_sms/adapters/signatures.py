"""Checks that a request is the gateway's: by a token in its URL, or by a signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from intake.dialect import Auth
from intake_sms.adapters.gateway import Asked, Unreadable, given
from intake_sms.settings import SmsSettings

#: Our own parameters in URLs that a gateway calls; its signature leaves them out.
_OURS = frozenset({"id", "token", "sig"})


def is_authentic(asked: Asked, auth: Auth, settings: SmsSettings) -> bool:
    """Whether ``asked`` comes from the gateway."""
    if auth == "twilio":
        return _is_twilios(asked, settings)
    if auth == "vonage":
        return _is_vonages(asked, settings)
    token = asked.named.get("token", asked.secret)
    return hmac.compare_digest(token, settings.sms_mo_token.get_secret_value().encode())


def _is_twilios(asked: Asked, settings: SmsSettings) -> bool:
    """Check the signature over the URL as called and the sorted form fields:
    https://www.twilio.com/docs/usage/security."""
    base = str(settings.sms_public_url or "").rstrip("/")
    try:
        form = sorted(parse_qsl(asked.body.decode(), keep_blank_values=True, max_num_fields=200))
    except ValueError:  # also if it is not UTF-8
        return False
    signed = base + asked.target + "".join(name + value for name, value in dict.fromkeys(form))
    key = settings.sms_send_password.get_secret_value().encode()
    mac = base64.b64encode(hmac.digest(key, signed.encode("utf-8", "replace"), "sha1"))
    return bool(key and base) and hmac.compare_digest(mac, asked.signature.encode("utf-8", "replace"))


def _is_vonages(asked: Asked, settings: SmsSettings) -> bool:
    """Check the signature over the sorted fields.

    https://developer.vonage.com/en/getting-started/concepts/signing-messages
    """
    try:
        (row,) = given(asked, "any")
    except Unreadable:
        return False
    secret = settings.sms_signing_secret.get_secret_value().encode()
    mac = vonage_signature(row, secret, settings.sms_signing_method)
    return bool(secret) and hmac.compare_digest(mac.encode(), row.get("sig", b"").lower())


def vonage_signature(row: Mapping[str, bytes], secret: bytes, method: str) -> str:
    """Sign the fields of ``row`` as Vonage does; ``method`` is md5hash, or the name of an HMAC's hash."""
    cleaned = {name: value.translate(bytes.maketrans(b"&=", b"__")) for name, value in row.items() if name not in _OURS}
    signed = b"".join(b"&%b=%b" % (name.encode(), cleaned[name]) for name in sorted(cleaned))
    if method == "md5hash":
        return hashlib.md5(signed + secret, usedforsecurity=False).hexdigest()
    return hmac.new(secret, signed, method).hexdigest()
