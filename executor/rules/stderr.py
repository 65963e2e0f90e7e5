"""What the end of a script's stderr says went wrong: guesses, asked when nothing surer is known."""

import re
from typing import NamedTuple

from db.model.categories import Category

LOOKED_AT = 4096  #: characters at the end of stderr
_NAMES_ERROR = re.compile(
    r"(?:Uncaught |Unhandled )?(?:[\w.]*(?:Error|Exception)\b|(?i:error|fatal|panic)\b)"
)
_NOISE = re.compile(
    r"\s*$|\s+at |\s*\^+\s*$|Node\.js v\d|\s*[{}\[\]();,]+\s*$|\s*File \"|Traceback \(most recent"
    r"|\s*\(Use `node --trace|node:internal/"
)


class Known(NamedTuple):
    """A sentence that programs print for one kind of failure; *detail* is the finer code."""

    pattern: re.Pattern[str]
    category: Category
    detail: str = ""


def _known(*alternatives: str, category: Category, detail: str = "") -> Known:
    return Known(re.compile("|".join(alternatives), re.MULTILINE), category, detail)


NO_MEMORY = _known(
    r"JavaScript heap out of memory",
    r"^MemoryError\b",
    r"[Cc]annot allocate memory",
    category=Category.OUT_OF_MEMORY,
)
_KNOWN = (
    _known(
        r"No space left on device",
        r"\bENOSPC\b",
        r"Disk quota exceeded",
        category=Category.DISK_FULL,
    ),
    NO_MEMORY,
    _known(
        r"^sudo: .*(?:password is required|terminal is required|no tty present)",
        category=Category.SUDO_PASSWORD_REQUIRED,
    ),
    _known(
        r"[Cc]annot fork",
        r"fork: .*Resource temporarily unavailable",
        r"Too many open files|\bEMFILE\b",
        r"File too large|\bEFBIG\b",
        category=Category.RESOURCE_LIMIT,
    ),
    _known(
        r"^\S*python[\d.]*: can't open file",
        r"^\S*sh: 0: [Cc]an(?:not|'t) open",
        category=Category.SCRIPT_NOT_FOUND,
    ),
    _known(
        r"\bMODULE_NOT_FOUND\b|^Error: Cannot find module",
        r"^ModuleNotFoundError\b",
        category=Category.SCRIPT_ERROR,
        detail="MODULE",
    ),
    _known(
        r"\bSyntaxError\b|[Ss]yntax error",
        category=Category.SCRIPT_ERROR,
        detail="SYNTAX",
    ),
)


def recognised(stderr: str) -> tuple[Known, str] | None:
    """Return the first known sentence in *stderr* and its line; None if there is none."""
    for known in _KNOWN:
        if found := known.pattern.search(stderr):
            start = stderr.rfind("\n", 0, found.start()) + 1
            return known, stderr[start:].partition("\n")[0].strip()
    return None


def telling_line(stderr: str) -> str:
    """Return the line of *stderr* that names the error; the last one if none does.

    Python names it last, node before its stack trace; empty if there is nothing to tell.
    """
    lines = [line for line in stderr.splitlines() if not _NOISE.match(line)]
    naming = [line for line in lines if _NAMES_ERROR.match(line)]
    return (naming or lines or [""])[-1].strip()
