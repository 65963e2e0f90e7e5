"""Regular expressions that people type: readable by Python, and not endless."""

import re
import warnings

from db.model.errors import InvalidInput
from executor.rules.names import quoted

LONGEST_PATTERN = 200


def compiled(pattern: str) -> re.Pattern[str]:
    """Return *pattern* compiled; raise InvalidInput with a sentence if it is none."""
    if len(pattern) > LONGEST_PATTERN:
        raise InvalidInput(
            f"The pattern must be at most {LONGEST_PATTERN} characters long, not {len(pattern)}."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python finds doubtful will not mean the same soon
            return re.compile(pattern)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise InvalidInput(
            f"{quoted(pattern)} is not a regular expression ({error}); "
            "write for example `[a-z]+` for small letters or `[0-9]{6}` for six digits."
        ) from None
