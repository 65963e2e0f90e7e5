"""Why somebody wants, refuses or overrides something, in their own words."""

from db.model.errors import InvalidInput

LONGEST_REASON = 500


def reason_of(text: str) -> str:
    """Return *text* without the space around it; InvalidInput at ``reason`` if it is too long."""
    if len(text) > LONGEST_REASON:
        sentence = f"The reason is {len(text)} characters long; at most {LONGEST_REASON} fit."
        raise InvalidInput(sentence, fields={"reason": sentence})
    return text.strip()


def needed_reason(text: str) -> str:
    """Return *text* on one line; InvalidInput at ``reason`` if it says nothing, or too much."""
    reason = reason_of(" ".join(text.split()))
    if not reason:
        sentence = "Say why in a few words, for example: deploying version 8."
        raise InvalidInput(sentence, fields={"reason": sentence})
    return reason
