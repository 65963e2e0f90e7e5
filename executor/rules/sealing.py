"""Secrets that rest in the database: unreadable without Ferry's key file, and bound to an owner."""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from db.model.errors import Conflict

_NONCE = 12  # bytes: what AES-GCM is made for


def sealed(secret: str, key: bytes, owner: str) -> str:
    """Return *secret* encrypted with *key* (32 bytes); a row moved to another *owner* is void."""
    nonce = secrets.token_bytes(_NONCE)
    box = AESGCM(key).encrypt(nonce, secret.encode(), owner.encode())
    return base64.b64encode(nonce + box).decode()


def opened(box: str, key: bytes, owner: str) -> str:
    """Return what ``sealed`` took; Conflict if it was sealed with another key or for another."""
    raw = base64.b64decode(box)
    try:
        return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], owner.encode()).decode()
    except InvalidTag:
        raise Conflict(
            "This second factor was stored with another key than the one in Ferry's key file.",
            hint="Put the right key file back (FERRY_KEY_FILE), or ask an admin for "
            "`/migrate totp reset @you` and set it up anew.",
        ) from None
