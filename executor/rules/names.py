"""Names that people type: what they may look like, and the nearest one when they mistype."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def is_slug(name: str) -> bool:
    """Return whether *name* may name an environment, a source or a job."""
    return _SLUG.fullmatch(name) is not None


def slug_problem(name: str) -> str:
    """Return the sentence that says why *name* is not a name; empty if it is one."""
    if is_slug(name):
        return ""
    example = _slug_like(name) or "import-patients"
    return (
        f"{quoted(name)} cannot be a name: use at most 63 small letters, digits and dashes, "
        f"beginning with a letter or digit, for example `{example}`."
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean `x`?`` for the nearest of *known*; empty if none is near."""
    by_folded = {name.casefold(): name for name in known}
    folded = word.strip().casefold()
    near = difflib.get_close_matches(folded[:100], by_folded, n=1, cutoff=0.6)
    if not near and len(folded) >= 2:
        near = sorted((name for name in by_folded if folded in name), key=len)[:1]
    return f"Did you mean `{by_folded[near[0]]}`?" if near else ""


def quoted(text: str, *, longest: int = 60) -> str:
    """Return *text* as it can stand in a sentence: in backticks, clipped, on one line."""
    clipped = text if len(text) <= longest else text[: longest - 1] + "…"
    visible = (
        char if char.isprintable() and char != "`" else char.encode("unicode_escape").decode()
        for char in clipped
    )
    return f"`{''.join(visible).replace('`', chr(39))}`"


def _slug_like(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only)[:63].strip("-")
