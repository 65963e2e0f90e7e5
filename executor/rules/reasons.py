"""Why somebody closed an environment, or had it run all the same: everybody reads it."""

from db.model.errors import InvalidInput

LONGEST_REASON = 500


def reason_of(text: str) -> str:
    """Return *text* on one line; InvalidInput if it says nothing, or too much."""
    reason = " ".join(text.split())
    if not reason:
        sentence = "Say why in a few words, for example: deploying version 8."
        raise InvalidInput(sentence, fields={"reason": sentence})
    if len(reason) > LONGEST_REASON:
        sentence = f"The reason is {len(reason)} characters long; at most {LONGEST_REASON} fit."
        raise InvalidInput(sentence, fields={"reason": sentence})
    return reason
