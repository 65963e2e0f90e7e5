"""Regular expressions that people type: never endless, whatever they are given.

RE2 instead of Python's own, which takes years for ``(a+)+b`` and the wrong text, and would hold up
everything else meanwhile. RE2 knows no look-around and no back references: https://github.com/google/re2
"""

import re
from typing import cast

import re2

from db.model.errors import InvalidInput
from executor.rules.names import quoted

LONGEST_PATTERN = 200


def compiled(pattern: str) -> re.Pattern[str]:
    """Return *pattern* compiled; raise InvalidInput with a sentence if it is none."""
    if len(pattern) > LONGEST_PATTERN:
        raise InvalidInput(
            f"The pattern must be at most {LONGEST_PATTERN} characters long, not {len(pattern)}."
        )
    options = re2.Options()
    options.log_errors = False  # they are told to a person, not to stderr
    try:
        return cast("re.Pattern[str]", re2.compile(pattern, options))
    except re2.error as error:
        raise InvalidInput(
            f"{quoted(pattern)} is not a regular expression ({_why(error)}); "
            "write for example `[a-z]+` for small letters or `[0-9]{6}` for six digits."
        ) from None


def _why(error: Exception) -> str:
    reason = error.args[0]
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
