"""Secret values never reach a stored line or a Slack message."""

from collections.abc import Collection

MASK = "•••"


def mask(text: str, secrets: Collection[str]) -> str:
    """Return *text* with every value of *secrets* replaced; blank ones are ignored."""
    for secret in sorted(secrets, key=len, reverse=True):  # a longer one may hold a shorter one
        if secret.strip():
            text = text.replace(secret, MASK)
    return text
