"""The drunken bishop: a key's fingerprint as a picture, as ``ssh-keygen -lv`` draws it.

After ``fingerprint_randomart`` in OpenSSH's ``sshkey.c``. A change of one bit changes the picture,
which people see sooner than in 43 letters.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence

WIDTH, HEIGHT = 17, 9
_VALUES = " .o+=*BOX@%&#/^SE"
_START, _END = len(_VALUES) - 2, len(_VALUES) - 1
_HASH = "[SHA256]"
_NAMES = {
    "ssh-ed25519": "ED25519",
    "ssh-rsa": "RSA",
    "sk-ssh-ed25519@openssh.com": "ED25519-SK",
    "sk-ecdsa-sha2-nistp256@openssh.com": "ECDSA-SK",
}
_CURVE = "ecdsa-sha2-nistp"


def randomart(key: str) -> list[str]:
    """Return the picture of *key*, ``algorithm base64``, in eleven lines; none if it is no key."""
    words = key.split()
    try:
        blob = base64.b64decode(words[1], validate=True)
        title = f"[{_name(words[0])} {_bits(words[0], blob)}]"
    except (IndexError, binascii.Error, ValueError):
        return []
    title = title if len(title) < WIDTH else f"[{_name(words[0])}]"
    field = _walked(hashlib.sha256(blob).digest())
    rows = ["".join(_VALUES[column[y]] for column in field) for y in range(HEIGHT)]
    return [_border(title), *(f"|{row}|" for row in rows), _border(_HASH)]


def side_by_side(left: Sequence[str], right: Sequence[str]) -> list[str]:
    """Return two pictures beside each other; one alone if the other is empty."""
    if not left or not right:
        return list(left or right)
    return [f"{one}  {other}" for one, other in zip(left, right, strict=True)]


def _walked(digest: bytes) -> list[list[int]]:
    """Return how often the bishop came to each place: columns from the left, from above."""
    field = [[0] * HEIGHT for _ in range(WIDTH)]
    x, y = WIDTH // 2, HEIGHT // 2
    for byte in digest:
        for shift in (0, 2, 4, 6):
            step = byte >> shift
            x = min(max(x + (1 if step & 1 else -1), 0), WIDTH - 1)
            y = min(max(y + (1 if step & 2 else -1), 0), HEIGHT - 1)
            if field[x][y] < _START - 1:
                field[x][y] += 1
    field[WIDTH // 2][HEIGHT // 2] = _START
    field[x][y] = _END
    return field


def _border(title: str) -> str:
    left = "-" * ((WIDTH - len(title)) // 2)
    return f"+{f'{left}{title}':-<{WIDTH}}+"


def _name(algorithm: str) -> str:
    return "ECDSA" if algorithm.startswith(_CURVE) else _NAMES.get(algorithm, algorithm)


def _bits(algorithm: str, blob: bytes) -> int:
    """Return the size of the key; of an RSA key that of its modulus, the third part."""
    if algorithm.startswith(_CURVE):
        return int(algorithm.removeprefix(_CURVE))
    if algorithm != "ssh-rsa":
        return 256
    parts = []
    while blob:
        size = int.from_bytes(blob[:4], "big")
        parts.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    return int.from_bytes(parts[2], "big").bit_length()
