"""What a rendered message says, and what Slack would take for more than text."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from db.model.execution import Execution
from executor.rules.estimates import Forecast, estimate, with_end
from handlers.views.card import execution_card
from handlers.views.message import Told
from playground.blocks import check_message_blocks
from tests.support.executions import NOON

OURS = re.compile(
    r"<(@U0ANA|@U0BRUNO|!subteam\^S0OPS|#C0STAGING|#C0PROD|"
    r"!date\^\d+\^[^|<>]+\|[^|<>]+|https://files/1\|(?:full|whole) log)>"
)


def mrkdwn_of(content: Any) -> Iterator[str]:
    """Yield every text that Slack parses."""
    if isinstance(content, dict):
        if content.get("type") == "mrkdwn":
            yield content["text"]
        for value in content.values():
            yield from mrkdwn_of(value)
    elif isinstance(content, list):
        for value in content:
            yield from mrkdwn_of(value)


def texts_of(content: Any) -> Iterator[str]:
    """Yield every text that a person reads."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "text" and isinstance(value, str):
                yield value
            yield from texts_of(value)
    elif isinstance(content, list):
        for value in content:
            yield from texts_of(value)


def shown(told: Told) -> str:
    """Return all that can be read in the blocks."""
    return "\n".join(texts_of(told.blocks))


def buttons(told: Told) -> dict[str, dict[str, Any]]:
    """Return the buttons by their words."""
    rows = [block["elements"] for block in told.blocks if block["type"] == "actions"]
    return {element["text"]["text"]: element for row in rows for element in row}


def check(told: Told) -> None:
    """Raise if Slack would refuse the message, or would read more into it than we wrote."""
    check_message_blocks(told.blocks)
    assert 0 < len(told.text) <= 4000
    for text in (told.text, *mrkdwn_of(told.blocks)):
        left = OURS.sub("", text)
        assert "<" not in left, text
        assert ">" not in left, text
        assert not re.search(r"&(?!(amp|lt|gt);)", left), text


def card(subject: Execution, **changes: Any) -> Told:
    """Return the card half a minute after noon."""
    told: dict[str, Any] = {"tail": [], "forecast": Forecast(position=2)}
    told["now"] = NOON + timedelta(seconds=33)
    return execution_card(subject, **(told | changes))


def usual(seconds: float, *, ends: float | None = None) -> Forecast:
    """Return the forecast of a run that always took so long; it *ends* so long after noon."""
    end = NOON + timedelta(seconds=seconds if ends is None else ends)
    return Forecast(estimate=with_end(estimate([seconds] * 3), end))
