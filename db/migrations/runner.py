"""Alembic with Ferry's settings: no ini file, the database is given by its URL.

``python -m db.migrations check`` compares the migrations with ``db/schema.py`` on a new SQLite
file (and on FERRY_DATABASE_URL, when set); ``… revision "words"`` writes the next one.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from db.database import async_url
from db.model.errors import Unavailable
from db.outages import is_outage


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["url"] = async_url(url)
    return config


async def upgrade(url: str) -> None:
    """Bring the database to today's schema; does nothing when it is there already.

    Raises Unavailable when the database does not answer.
    """
    found = async_url(url)
    if found.get_backend_name() == "sqlite":
        if not (folder := _folder(found)).is_dir():
            raise _away(url, f"there is no folder {folder}")
        _create_private(Path(found.database or ""))
    try:
        await asyncio.to_thread(command.upgrade, _config(url), "head")
    except (DBAPIError, OSError) as error:
        if not is_outage(error):
            raise
        raise _away(url, str(getattr(error, "orig", None) or error)) from error


def check(url: str) -> None:
    """Raise alembic.util.CommandError if the migrations and the schema differ."""
    command.upgrade(_config(url), "head")
    command.check(_config(url))


def revision(url: str, words: str) -> None:
    """Write the next migration from what the schema has and the database has not."""
    command.upgrade(_config(url), "head")
    count = len(list((Path(__file__).parent / "versions").glob("[0-9]*.py")))
    command.revision(_config(url), words, autogenerate=True, rev_id=f"{count + 1:04d}")


def _folder(url: URL) -> Path:
    return Path(url.database or "").absolute().parent


def _create_private(file: Path) -> None:
    # It will hold what scripts print of people. SQLite gives its other files the same mode; one
    # that is there keeps its own, and what cannot be created is told by SQLite.
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _away(url: str, why: str) -> Unavailable:
    return Unavailable(
        f"The database at {async_url(url)!r} does not answer: {why}",
        hint="Is it running, and is FERRY_DATABASE_URL right? "
        "For example mysql://ferry:password@127.0.0.1:3306/ferry or sqlite:///ferry.db",
    )
