"""What tests look at, and how they wait for it."""

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from playground.people import Person

Json = dict[str, Any]
T = TypeVar("T")
PATIENCE_S = 30.0


def says(text: str, *wanted: str) -> None:
    """Check that all of *wanted* can be read in *text*, in capitals or not."""
    for words in wanted:
        assert words.casefold() in text.casefold(), f"{words!r} is not in:\n{text}"


def number_of(card: Json) -> int:
    """Return the number of the execution that *card* tells of."""
    found = re.search(r"#(\d+) ", card["text"])
    assert found, card["text"]
    return int(found[1])


async def newest(person: Person, channel: str) -> str:
    """Return the time stamp of the newest message that *person* sees in *channel*."""
    state = await person.state(channel)
    both = [*state["messages"].get(channel, []), *state["ephemerals"].get(channel, [])]
    return max((message["ts"] for message in both), default="0")


async def eventually(
    look: Callable[[], Awaitable[T | None]], what: str, *, within_s: float = PATIENCE_S
) -> T:
    """Return what *look* finds, once it finds something."""
    deadline = time.monotonic() + within_s
    while (found := await look()) is None:
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        await asyncio.sleep(0.05)
    return found


async def until_true(look: Callable[[], bool], what: str, *, within_s: float = PATIENCE_S) -> None:
    """Return once *look* says yes."""

    async def ask() -> bool | None:
        return look() or None

    await eventually(ask, what, within_s=within_s)


def processes(mark: str) -> list[str]:
    """Return the command lines of the processes on this machine that *mark* is in."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if mark in line and int(folder.name) != os.getpid():
                found.append(line)
    return found
