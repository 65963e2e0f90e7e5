"""What the drivers, the databases and OpenSSH can do with the same lines when left alone."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import aiomysql
import aiosqlite
import pymysql  # type: ignore[import-untyped]
from sqlalchemy import make_url

from bench.lines import COLUMNS, Values
from db.schema import log_lines
from tests.support.sshd import Host

ROWS_A_CALL = 1000
_NAMES = ", ".join(COLUMNS)
_SQLITE = f"INSERT INTO {log_lines.name} ({_NAMES}) VALUES ({', '.join('?' * len(COLUMNS))})"
_MARIADB = _SQLITE.replace("?", "%s")


async def executemany(url: str, rows: Sequence[Values]) -> None:
    """Store *rows* with Ferry's own driver alone: 1,000 a call, a commit a call."""
    calls = [rows[start : start + ROWS_A_CALL] for start in range(0, len(rows), ROWS_A_CALL)]
    if url.startswith("sqlite"):
        async with aiosqlite.connect(_file(url)) as connection:
            await connection.execute("PRAGMA synchronous=FULL")
            for call in calls:
                await connection.executemany(_SQLITE, call)
                await connection.commit()
        return
    words = login(url)
    words["db"] = words.pop("database")
    connection = await aiomysql.connect(**words, charset="utf8mb4")
    try:
        async with connection.cursor() as cursor:
            for call in calls:
                await cursor.executemany(_MARIADB, call)
                await connection.commit()
    finally:
        connection.close()


def bulk(url: str, rows: Sequence[Values], file: Path) -> None:
    """Store the same rows in the fastest way there is; *file*: where MariaDB reads them from."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(_file(url))) as connection, connection:
            connection.execute("PRAGMA synchronous=FULL")
            connection.executemany(_SQLITE, rows)
        return
    with (
        pymysql.connect(
            **login(url), charset="utf8mb4", local_infile=True, autocommit=True
        ) as connection,
        connection.cursor() as cursor,
    ):
        table = f"INTO TABLE {log_lines.name} CHARACTER SET utf8mb4 ({_NAMES})"
        cursor.execute(f"LOAD DATA LOCAL INFILE %s {table}", (str(file),))


def write_tsv(path: Path, rows: Sequence[Values]) -> Path:
    """Write *rows* as LOAD DATA reads them."""
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


def openssh(host: Host, folder: Path) -> list[str]:
    """Return the command line of OpenSSH's client that logs in to *host*."""
    known = folder / "known_hosts"
    known.write_text(f"[{host.address}]:{host.port} {host.host_key}\n")
    options = (
        *("-F", "none", "-i", host.key_path, "-p", str(host.port)),
        *("-o", f"UserKnownHostsFile={known}", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"),
    )
    return ["ssh", *options, f"{host.user}@{host.address}"]


async def runs(*words: str) -> None:
    """Run a program to its end, its output thrown away; RuntimeError if it fails."""
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*words, stdin=nowhere, stdout=nowhere)
    if await process.wait() != 0:
        raise RuntimeError(f"{words[0]} failed with exit status {process.returncode}")


def login(url: str) -> dict[str, str | int]:
    """Return the arguments with which pymysql logs in."""
    parsed = make_url(url)
    return {
        "host": parsed.host or "",
        "port": parsed.port or 3306,
        "user": parsed.username or "",
        "password": parsed.password or "",
        "database": parsed.database or "",
    }


def _file(url: str) -> str:
    return url.removeprefix("sqlite:///")
