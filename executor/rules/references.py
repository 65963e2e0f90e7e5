"""Secrets are named, never typed: ``env:NAME`` or ``file:PATH`` on Ferry's own machine."""

import re

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,99}|file:(?:/|~/)[^\s]{1,500}")


def reference_problem(text: str) -> str:
    """Return the sentence that says why *text* is no reference to a secret; empty if it is one."""
    if _REFERENCE.fullmatch(text) and text.isprintable():
        return ""
    # The text is not repeated: it may be the secret itself.
    return (
        "A secret is given by a reference, never by its value: `env:NAME` or `file:PATH` on "
        "Ferry's machine, for example `env:ICLINIC_TOKEN` or `file:/etc/ferry/iclinic-token`."
    )
