"""Host keys as people paste them: from ``ssh-keyscan``, ``known_hosts`` or a ``.pub`` file."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from db.model.errors import InvalidInput
from executor.rules.names import quoted

_ALGORITHM = re.compile(
    r"ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)"
    r"|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com"
)
_REVOKED = "@revoked"  # known_hosts: this key is never to be trusted again
_MOST = 10


class Meaning(StrEnum):
    """What it means that a host shows these keys."""

    FIRST = "first"  #: nothing is pinned yet
    SAME = "same"  #: what is pinned
    CHANGED = "changed"
    REVOKED = "revoked"  #: one that was said never to be trusted again


@dataclass(frozen=True, slots=True)
class Pair:
    """The pinned key and the shown one of one kind; empty where there is none."""

    algorithm: str
    pinned: str
    shown: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is pinned beside what a host shows, a pair for each kind of key."""

    meaning: Meaning
    pairs: tuple[Pair, ...]


def compare(pinned: str, shown: Sequence[str]) -> Comparison:
    """Return what it means that *shown* (``algorithm base64``) meets the lines in *pinned*."""
    lines = [line.split() for line in pinned.splitlines() if line.strip()]
    revoked = {tuple(line[1:3]) for line in lines if line[0] == _REVOKED}
    trusted = {line[0]: " ".join(line[:2]) for line in lines if line[0] != _REVOKED}
    now = {line.split()[0]: line for line in shown}
    pairs = tuple(
        Pair(name, trusted.get(name, ""), now.get(name, "")) for name in {**trusted, **now}
    )
    both = [pair for pair in pairs if pair.pinned and pair.shown]
    if any(tuple(line.split()) in revoked for line in shown):
        meaning = Meaning.REVOKED
    elif not trusted:
        meaning = Meaning.FIRST
    elif both and all(pair.pinned == pair.shown for pair in both):
        meaning = Meaning.SAME
    else:
        meaning = Meaning.CHANGED
    return Comparison(meaning, pairs)


def pins_after(pinned: str, shown: Sequence[str]) -> str:
    """Return the lines to pin once *shown* is trusted: what was revoked stays revoked."""
    revoked = [line for line in pinned.splitlines() if line.split()[:1] == [_REVOKED]]
    return "\n".join([*shown, *revoked])


def host_keys(text: str) -> str:
    """Return the keys in *text*, one ``algorithm base64`` a line; host names and comments dropped.

    ``@revoked`` in front of a key stays there.

    Raises InvalidInput with a sentence for the first line that is no public key.
    """
    keys: list[str] = []
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            key = _key(line)
            if key not in keys:
                keys.append(key)
    if len(keys) > _MOST:
        raise InvalidInput(f"A host has at most {_MOST} keys here.")
    return "\n".join(keys)


def fingerprints(host_key: str) -> str:
    """Return algorithm and SHA-256 of each pinned key, as ``ssh-keygen -l`` writes them."""
    keys = [_fingerprint(line.split()) for line in host_key.splitlines() if line.strip()]
    return ", ".join(keys) or "none is pinned"


def _fingerprint(fields: Sequence[str]) -> str:
    if fields[0] == "@revoked":
        return f"never {_fingerprint(fields[1:] or [''])}"
    if len(fields) < 2:
        return "(unreadable)"
    try:
        blob = base64.b64decode(fields[1], validate=True)
    except (binascii.Error, ValueError):
        return f"{fields[0]} (unreadable)"
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"{fields[0]} SHA256:{digest}"


def _key(line: str) -> str:
    words = line.split()
    mark = [words.pop(0)] if words[0] == _REVOKED else []
    if len(words) > 2 and not words[0].startswith("@") and not _ALGORITHM.fullmatch(words[0]):
        words = words[1:]
    if len(words) < 2 or not _ALGORITHM.fullmatch(words[0]) or not _belongs(words[0], words[1]):
        raise InvalidInput(
            f"{quoted(line.strip())} is not a public host key: paste a line that `ssh-keyscan HOST`"
            " prints, for example `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…`."
        )
    return " ".join([*mark, *words[:2]])


def _belongs(algorithm: str, data: str) -> bool:
    """Return whether *data* is a key of *algorithm*: the key names its own algorithm inside."""
    try:
        blob = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return False
    name = algorithm.encode("ascii")
    return blob.startswith(len(name).to_bytes(4, "big") + name) and len(blob) > len(name) + 4 + 32
