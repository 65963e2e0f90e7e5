"""How programs would print a value: made by the libraries that do it, not by our own rules."""

import base64
import html
import json
import re
import shlex
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus

Spelling = Callable[[str], str]


def _base64(before: bytes, after: bytes, *, url: bool = False, padded: bool = True) -> Spelling:
    def spell(value: str) -> str:
        encode = base64.urlsafe_b64encode if url else base64.b64encode
        text = encode(before + value.encode() + after).decode()
        return text if padded else text.rstrip("=")

    return spell


def _lower_hex(value: str) -> str:
    return re.sub(r"%..", lambda found: found[0].lower(), quote(value, safe=""))


SPELLINGS: Mapping[str, Spelling] = {
    "itself": str,
    "base64": _base64(b"", b""),
    "base64 without padding": _base64(b"", b"", padded=False),
    "base64 after one byte": _base64(b"u", b""),
    "base64 after two bytes": _base64(b"u:", b"", padded=False),
    "base64 inside": _base64(b"user:", b"@host"),
    "base64 with a newline": _base64(b"", b"\n"),
    "base64 for URLs": _base64(b"", b"?>?>", url=True),
    "base64 for URLs, after one byte": _base64(b"\xff", b"", url=True, padded=False),
    "URL": quote,
    "URL, all of it": lambda value: quote(value, safe=""),
    "URL, small hex digits": _lower_hex,
    "URL, plus for spaces": quote_plus,
    "JSON": lambda value: json.dumps(value)[1:-1],
    "JSON, not ASCII": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "JSON in JSON": lambda value: json.dumps(json.dumps(value))[3:-3],
    "shell": shlex.quote,
    "HTML": html.escape,
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
}


def core(name: str, value: str) -> str:
    """Return what of the spelling *name* belongs to *value* alone: nothing of its neighbours."""
    if not name.startswith("base64"):
        return SPELLINGS[name](value).strip("'")
    ways = {"base64 after one byte": 2, "base64 for URLs, after one byte": 2}
    ways |= {"base64 after two bytes": 3, "base64 inside": 7}
    before = {2: 1, 3: 2, 7: 5}.get(start := ways.get(name, 0), 0)
    return SPELLINGS[name](value)[start : (before + len(value.encode())) * 8 // 6]
