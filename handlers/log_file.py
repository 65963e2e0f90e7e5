"""The whole log of an execution as one file on disk: a log may be larger than memory."""

import asyncio
import gzip
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO

MOST_PLAIN = 20 * 1024 * 1024  # larger ones are compressed
MOST_BYTES = 200 * 1024 * 1024  # what is uploaded
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class LogFile:
    """What is uploaded: *content*, of *size* bytes."""

    name: str
    content: IO[bytes]
    size: int

    @property
    def is_too_large(self) -> bool:
        """Whether it is more than is ever uploaded."""
        return self.size > MOST_BYTES

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield *content* from its beginning on; each try of an upload reads it anew."""
        self.content.seek(0)
        while piece := await asyncio.to_thread(self.content.read, _PIECE):
            yield piece


@asynccontextmanager
async def log_file(name: str, text: AsyncIterator[str]) -> AsyncIterator[LogFile]:
    """Yield *text* as a file ``<name>.log``, or ``<name>.log.gz`` if it is large."""
    with tempfile.TemporaryFile() as plain, tempfile.TemporaryFile() as small:
        async for piece in text:
            await asyncio.to_thread(plain.write, piece.encode("utf-8", "backslashreplace"))
        if plain.tell() <= MOST_PLAIN:
            yield LogFile(f"{name}.log", plain, plain.tell())
        else:
            await asyncio.to_thread(_pack, name, plain, small)
            yield LogFile(f"{name}.log.gz", small, small.tell())


def _pack(name: str, plain: IO[bytes], small: IO[bytes]) -> None:
    plain.seek(0)
    with gzip.GzipFile(f"{name}.log", "wb", fileobj=small) as packed:
        shutil.copyfileobj(plain, packed, _PIECE)
