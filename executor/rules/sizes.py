"""Sizes as people read them."""

_UNITS = {"GB": 1e9, "MB": 1e6, "kB": 1e3}


def size_words(count: int) -> str:
    """Return *count* bytes for a person: ``812 bytes``, ``4.2 kB``, ``2.0 GB``."""
    for unit, size in _UNITS.items():
        if round(count / size, 1) >= 1:
            return f"{count / size:.1f} {unit}"
    return "1 byte" if count == 1 else f"{count} bytes"
