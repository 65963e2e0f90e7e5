"""What is told in one message."""

import hashlib
import json
from dataclasses import dataclass

from handlers.views.blocks import Block, clip_mrkdwn

MOST_TEXT, MOST_BLOCKS = 4000, 50


@dataclass(frozen=True, slots=True)
class Told:
    """A message: *text* for notifications and screen readers, *blocks* for everybody else."""

    text: str
    blocks: list[Block]

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", clip_mrkdwn(self.text, MOST_TEXT))
        object.__setattr__(self, "blocks", self.blocks[:MOST_BLOCKS])

    @property
    def digest(self) -> str:
        """Return 64 hex digits that are equal only for equal messages."""
        content = json.dumps([self.text, self.blocks], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()
