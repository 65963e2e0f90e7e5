r"""How a value may stand in a text that programs print: as it is, escaped, or encoded.

Escaped, each character by itself: ``%3D`` and ``+`` of URLs, ``\"`` and ``\u00e9`` of JSON,
``'\''`` of shells, ``&amp;`` of HTML. Encoded, as a whole or inside of something longer: base64,
hex. Of an encoded text a few characters tell that it is there, so that it is found in lines that
were wrapped, too, and wherever it begins within the three bytes that base64 takes at a time.
"""

import base64

import re2

WINDOW = 8  #: characters of an encoded text that are looked for
_MOST_WINDOWS = 500  # of one text; those of a longer one lie further apart
_FIRST_WHOLE = (0, 2, 3)  # character of base64 that holds nothing of 0, 1, 2 bytes before
_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "#39|#x27|apos"}
_SHORT = {"\t": "t", "\n": "n", "\r": "r", "\b": "b", "\f": "f", "\v": "v"}
_QUOTE_IN_SHELL = r"""'\\''|'"'"'"""
LONGEST_ESCAPE = 9  #: bytes for each byte of a value: ``\\\\u0041``


def spelled(value: str) -> str:
    """Return the pattern (RE2) of *value* with any of its characters escaped."""
    return "".join(_character(character) for character in value)


def windows(value: str) -> frozenset[str]:
    """Return pieces of *value*'s encodings: who holds one of them, holds something encoded of it.

    Any 15 characters in a row of base64, 31 of hex, hold one (of very long values it takes more).
    """
    raw = as_bytes(value)
    found = {*_pieces(raw.hex(), 2 * WINDOW), *_pieces(raw.hex().upper(), 2 * WINDOW)}
    for before, start in enumerate(_FIRST_WHOLE):
        end = (before + len(raw)) * 8 // 6  # what follows shares the next character
        padded = bytes(before) + raw
        for encoded in (base64.b64encode(padded), base64.urlsafe_b64encode(padded)):
            found.update(_pieces(encoded.decode("ascii")[start:end], WINDOW))
    return frozenset(found)


def stride(length: int, size: int = WINDOW) -> int:
    """Return how far the windows of an encoded text of *length* characters lie apart."""
    return max(size, -(-length // _MOST_WINDOWS))


def as_bytes(value: str) -> bytes:
    """Return *value* as programs write it; what the environment holds need not be UTF-8."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")


def _pieces(text: str, size: int) -> set[str]:
    if len(text) <= size:
        return {text}
    starts = range(0, len(text) - size + 1, stride(len(text), size))
    return {*(text[start : start + size] for start in starts), text[-size:]}


def _character(character: str) -> str:
    code, raw = ord(character), as_bytes(character)
    utf16 = character.encode("utf-16-be", "surrogatepass")
    units = [utf16[n : n + 2].hex() for n in range(0, len(utf16), 2)]
    after_a_backslash = [
        r"\\+".join(f"u{_any_case(unit)}" for unit in units),
        r"\\+".join(f"x{_any_case(f'{byte:02x}')}" for byte in raw),
        *([f"x{_any_case(f'{code:02x}')}"] if 0x80 <= code < 0x100 else []),
        *_SHORT.get(character, ""),
    ]
    ways = [
        _itself(character),
        "".join(f"%{_any_case(f'{byte:02x}')}" for byte in raw),
        rf"\\+(?:{'|'.join(after_a_backslash)})",
    ]
    if character == " ":
        ways.append(r"\+")
    if character in _ENTITIES:
        ways.append(f"&(?:{_ENTITIES[character]});")
    if character == "'":
        ways.append(_QUOTE_IN_SHELL)
    return f"(?:{'|'.join(filter(None, ways))})"


def _itself(character: str) -> str:
    if character == "\\":
        return r"\\+"
    is_sign = character.isascii() and character.isprintable() and not character.isalnum()
    if "\ud800" <= character <= "\udfff":
        return ""  # half a character is never written as it is
    return (r"\\*" if is_sign and character != " " else "") + str(re2.escape(character))


def _any_case(digits: str) -> str:
    return "".join(f"[{d}{d.upper()}]" if d.isalpha() else d for d in digits)
