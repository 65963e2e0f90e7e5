"""Where it is measured: a real sshd and a real MariaDB of our own, SQLite files on disk."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from db.migrations import upgrade
from db.schema import log_lines
from tests.support.mariadb import MariaDB, private_server
from tests.support.sshd import Host, private_sshd

#: As MariaDB comes, so each commit is on disk before it counts; only memory as people give it.
SETTINGS = (
    "--innodb-buffer-pool-size=256M",
    "--innodb-log-file-size=128M",
    "--local-infile=1",
)
DATABASES = ("MariaDB", "SQLite")
_NEEDED = {
    "mariadbd": "mariadb-server",
    "mariadb-install-db": "mariadb-server",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "python3": "python3",
}
_PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Place:
    """A host, a database server, and a folder for everything else."""

    folder: Path
    host: Host
    mariadb: MariaDB
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def fresh(self, kind: str) -> str:
        """Return the URL of a new, migrated database; *kind* is one of DATABASES."""
        name = f"bench_{next(self._numbers)}"
        if kind == "SQLite":
            empty = self.folder / "empty.db"
            if not empty.exists():
                await upgrade(f"sqlite:///{empty}")
            return f"sqlite:///{shutil.copy(empty, self.folder / f'{name}.db')}"
        url = self.mariadb.create(name)
        await upgrade(url)
        return url

    def lines(self, url: str) -> int:
        """Return how many log lines are stored in the database at *url*."""
        query = f"SELECT COUNT(*) FROM {log_lines.name}"
        if not url.startswith("sqlite"):
            return int(str(self.mariadb.run(query, database=url.rpartition("/")[2])[0][0]))
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return int(connection.execute(query).fetchone()[0])

    def drop(self, url: str) -> None:
        """Remove the database at *url*."""
        if url.startswith("sqlite"):
            for path in Path(url.removeprefix("sqlite:///")).parent.glob("bench_*.db*"):
                path.unlink()
        else:
            self.mariadb.run(f"DROP DATABASE `{url.rpartition('/')[2]}`")


def missing() -> str:
    """Return the Debian packages that are not installed and are needed, or an empty text."""
    packages = {
        package for name, package in _NEEDED.items() if shutil.which(name, path=_PROGRAMS) is None
    }
    return " ".join(sorted(packages))


@contextmanager
def place() -> Iterator[Place]:
    """Set everything up for the length of the block. SystemExit names what is not installed."""
    if packages := missing():
        raise SystemExit(f"The bench needs programs that are not here: apt-get install {packages}")
    with tempfile.TemporaryDirectory(prefix="ferry-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # mariadbd runs as a user of its own
        with private_sshd() as server, private_server(SETTINGS, folder) as mariadb:
            yield Place(folder, server.host, mariadb)
