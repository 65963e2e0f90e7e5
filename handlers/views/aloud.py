"""A list in one text, for notifications and for people who have it read to them."""

from collections.abc import Iterable

from handlers.views.blocks import clip_mrkdwn

TITLE, ROW, MOST = 150, 200, 480  # characters: who listens cannot skip


def aloud(title: str, rows: Iterable[str], count: int) -> str:
    """Return *title* with how many there are, the first of *rows* that fit, and how many are left.

    All of it is mrkdwn, escaped; a row has no full stop.
    """
    said = [f"{clip_mrkdwn(title, TITLE)}: {count}."]
    for row in rows:
        line = f"{clip_mrkdwn(row, ROW)}."
        if len(" ".join([*said, line])) > MOST:
            break
        said.append(line)
    told = len(said) - 1
    left = f"And {count - told} more." if 0 < told < count else ""
    return " ".join([*said, left]).strip()
