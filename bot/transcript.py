"""A readable account of who does what and what they see, printed while it happens."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import click

from playground import screen

_WIDTH = 140
_MOST_LINES = 24


class Failed(Exception):
    """A step did not end as it should."""


class Transcript:
    """Prints steps; counts those that did not end as they should."""

    def __init__(self) -> None:
        self.steps = 0
        self.failed = 0

    @asynccontextmanager
    async def step(self, words: str) -> AsyncIterator[None]:
        """Print a heading, and afterwards whether the step ended as it should."""
        self.steps += 1
        click.secho(f"\n{self.steps}. {words}", bold=True)
        try:
            yield
        except AssertionError as error:
            self.failed += 1
            click.secho(f"   ✗ {error}", fg="red")
            raise Failed(words) from error
        click.secho("   ✓ as it should be", fg="green")

    def does(self, who: str, what: str) -> None:
        """Print what somebody does."""
        click.echo(f"   {who:<6} ▸ {what}")

    def says(self, message: Mapping[str, Any], *, where: str = "", whole: bool = False) -> None:
        """Print the sentence that a message is, or *whole* all that can be read in it."""
        text = message.get("text") if not whole else ""
        lines = list(dict.fromkeys(_lines(text or screen.words(dict(message)))))
        for number, line in enumerate(lines[:_MOST_LINES]):
            mark = f"   ferry  ▹ {where}" if number == 0 else " " * 12
            click.echo(f"{mark}{line[:_WIDTH]}")
        if len(lines) > _MOST_LINES:
            click.echo(f"            … and {len(lines) - _MOST_LINES} more lines")


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in screen.shown(text).splitlines() if line.strip()]
    # What is read as one piece stands there in its parts as well.
    return [line for line in lines if not any(_is_begun_by(line, other) for other in lines)]


def _is_begun_by(line: str, other: str) -> bool:
    return len(line) > len(other) > 3 and line.startswith(other)
