"""The whole log of an execution as one file, built on disk: a log may be larger than memory."""

import asyncio
import gzip
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO

MOST_PLAIN = 20 * 1024 * 1024  # larger ones are compressed
MOST_BYTES = 200 * 1024 * 1024  # what is held in memory while it is sent


@dataclass(frozen=True, slots=True)
class LogFile:
    """What is uploaded; *content* is empty if there is nothing to upload, or too much."""

    name: str
    content: bytes
    is_too_large: bool = False


async def log_file(name: str, text: AsyncIterator[str]) -> LogFile:
    """Return *text* as a file ``<name>.log``, or ``<name>.log.gz`` if it is large."""
    with tempfile.TemporaryFile() as file:
        async for piece in text:
            await asyncio.to_thread(file.write, piece.encode("utf-8", "backslashreplace"))
        return await asyncio.to_thread(_read, name, file)


def _read(name: str, file: IO[bytes]) -> LogFile:
    if file.tell() <= MOST_PLAIN:
        file.seek(0)
        return LogFile(f"{name}.log", file.read())
    file.seek(0)
    with tempfile.TemporaryFile() as small:
        with gzip.GzipFile(f"{name}.log", "wb", fileobj=small) as packed:
            shutil.copyfileobj(file, packed, 1024 * 1024)
        if small.tell() > MOST_BYTES:
            return LogFile(f"{name}.log.gz", b"", is_too_large=True)
        small.seek(0)
        return LogFile(f"{name}.log.gz", small.read())
