"""What Ferry put into a button or a window and gets back: it may be an older Ferry's."""

import json
from typing import TypeVar

from db.model.errors import InvalidInput

T = TypeVar("T", dict[str, object], list[object])


def json_in(text: str, kind: type[T]) -> T:
    """Return the JSON in *text*; InvalidInput unless it is a *kind*, as Ferry writes it today."""
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        raise outdated() from None
    if not isinstance(kept, kind):
        raise outdated()
    return kept


def outdated() -> InvalidInput:
    """Return the refusal of what today's Ferry did not write."""
    return InvalidInput(
        "Ferry cannot make sense of what this button or window holds, so nothing was changed.",
        hint="It may be an older Ferry's: open it anew, for example with `/migrate help`.",
    )
