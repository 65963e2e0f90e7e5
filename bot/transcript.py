"""A readable account of who does what and what they see, printed while it happens."""

import re
import textwrap
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import click

from playground import screen
from playground.inputs import all_blocks

_WIDTH = 120
_MOST_LINES = 24


class Failed(Exception):
    """A step did not end as it should."""


class Transcript:
    """Prints steps, and counts them."""

    def __init__(self) -> None:
        self.steps = 0

    @asynccontextmanager
    async def step(self, words: str) -> AsyncIterator[None]:
        """Print a heading, and afterwards whether the step ended as it should."""
        self.steps += 1
        click.secho(f"\n{self.steps}. {words}", bold=True)
        try:
            yield
        except AssertionError as error:
            click.secho(f"   ✗ {error}", fg="red")
            raise Failed(words) from error
        click.secho("   ✓ as it should be", fg="green")

    def does(self, who: str, what: str) -> None:
        """Print what somebody does."""
        click.echo(f"   {who:<6} ▸ {what}")

    def says(self, message: Mapping[str, Any], *, where: str = "", whole: bool = False) -> None:
        """Print the sentence that a message is, or *whole* all that can be read in it."""
        text = message.get("text") if not whole else ""
        lines = _named(screen.shown(text)).splitlines() if text else _lines(dict(message))
        for number, line in enumerate(lines[:_MOST_LINES]):
            mark = f"   ferry  ▹ {where}" if number == 0 else " " * 12
            click.echo(_wrapped(mark + line))
        if left := len(lines[_MOST_LINES:]):
            click.echo(f"            … and {left} more line{'s' if left > 1 else ''}")


def _wrapped(line: str) -> str:
    """Return *line* in as many as it needs, spaces and words as they are."""
    return textwrap.fill(
        line,
        _WIDTH,
        subsequent_indent=" " * 14,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _lines(message: dict[str, Any]) -> list[str]:
    """Return what is read on a message or window, its buttons last and in one line."""
    buttons = list(screen.buttons(message))
    if message.get("submit"):
        buttons.append(message["submit"]["text"])
    pieces = [piece for block in all_blocks(message) for piece in _pieces(block)]
    if message.get("title"):
        pieces.insert(0, message["title"]["text"])
    read = [_named(screen.shown(piece)) for piece in pieces if piece not in buttons]
    lines = [line.rstrip() for piece in read for line in piece.splitlines() if line.strip()]
    return [*lines, " ".join(f"[{one}]" for one in buttons)] if buttons else lines


def _pieces(block: dict[str, Any]) -> list[str]:
    """Return the texts of *block*, without what only joins those after it."""
    pieces = list(dict.fromkeys(screen.texts(block)))
    return pieces[1:] if pieces and pieces[0] == "".join(pieces[1:]) else pieces


def _named(text: str) -> str:
    """Return *text* with people's names for their ids."""
    return re.sub(r"@U0([A-Z]+)\b", lambda found: f"@{found[1].capitalize()}", text)
