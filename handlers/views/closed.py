"""That an environment is closed, in the words that all cards, lists and forms use: mrkdwn."""

from db.model.locks import Closed
from handlers.views.blocks import clip, esc, person, when

REASON = 200


def closed_words(closed: Closed) -> str:
    """Return ``staging is locked by @ana until today at 18:00: the reason``."""
    return f"{esc(closed.environment)} is {how_closed(closed)}"


def how_closed(closed: Closed) -> str:
    """Return ``locked by @ana until today at 18:00: the reason``."""
    what = "frozen" if closed.is_freeze else "locked"
    until = f" until {when(closed.until)}" if closed.until else ""
    return f"{what} by {person(closed.by)}{until}: {esc(clip(closed.reason, REASON))}"


def closed_sentence(closed: Closed) -> str:
    """Return the same as a sentence with a full stop."""
    return f"{closed_words(closed).removesuffix('.')}."


def mark(closed: Closed) -> str:
    """Return the sign of a lock or of a freeze."""
    return "🧊" if closed.is_freeze else "🔒"
