"""What only Ferry knows: keys for the audit's chain, for personal values, for second factors."""

import hashlib
import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one installation, 32 bytes each; whoever knows one cannot tell the others."""

    audit: bytes
    personal: bytes
    factors: bytes

    def __repr__(self) -> str:
        return "Keys(…)"  # they must not get into a log


def keys_of(master: bytes) -> Keys:
    """Return the keys that belong to *master*, a secret of at least 32 random bytes."""
    return Keys(*(_derived(master, use) for use in ("audit", "personal", "factors")))


def _derived(master: bytes, use: str) -> bytes:
    """Return HKDF-Expand of *master* for one block (RFC 5869, section 2.3)."""
    return hmac.new(master, f"ferry {use}".encode() + b"\x01", hashlib.sha256).digest()
