"""A private MariaDB server in a temporary directory: real SQL, real locks, real outages."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pymysql  # type: ignore[import-untyped]
import pytest

USER = "ferry"
PASSWORD = "throw-away"
_PROGRAMS = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_SETTINGS = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--innodb-data-file-path=ibdata1:10M:autoextend",
    "--performance-schema=0",
    "--max-connections=200",
)
#: Enough for tests, quick to start, and nothing is worth an fsync.
_QUICK = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=32M",
)


class MariaDB:
    """One server; ``stop()`` and ``start()`` play an outage, the data stays."""

    def __init__(
        self, folder: Path, program: str, owner: tuple[str, ...], settings: Sequence[str]
    ) -> None:
        self.port = free_port()
        self._folder = folder
        self._command = (
            program,
            "--no-defaults",
            *owner,
            f"--datadir={folder / 'data'}",
            f"--socket={folder / 'socket'}",
            f"--pid-file={folder / 'pid'}",
            f"--log-error={folder / 'log'}",
            f"--port={self.port}",
            f"--tmpdir={folder}",
            *_SETTINGS,
            *settings,
        )
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """Return the address of *database* as an operator would write it."""
        return f"mysql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """The number of the server's process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the server; return when it answers."""
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(600):
            if self._process.poll() is not None:
                break
            with contextlib.suppress(pymysql.err.OperationalError), self._connect():
                return
            time.sleep(0.025)  # until it answers, at most 15 s
        log = (self._folder / "log").read_text(errors="replace")
        raise RuntimeError(f"mariadbd did not start:\n{log[-2000:]}")

    def stop(self) -> None:
        """Stop the server; its connections break."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Stop the server in mid-air: its sockets stay open and nothing answers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            # The signal is only sent by then: a thread on another core may still answer.
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)

    def resume(self) -> None:
        """Let a paused server go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def run(self, *statements: str, database: str = "") -> list[tuple[object, ...]]:
        """Run *statements* as the administrator; return the rows of the last one."""
        rows: list[tuple[object, ...]] = []
        with self._connect() as connection, connection.cursor() as cursor:
            if database:
                connection.select_db(database)
            for statement in statements:
                cursor.execute(statement)
                rows = list(cursor.fetchall())
        return rows

    def create(self, database: str) -> str:
        """Create *database*, empty; return its URL."""
        self.run(f"DROP DATABASE IF EXISTS `{database}`", f"CREATE DATABASE `{database}`")
        return self.url(database)

    def empty(self, database: str) -> None:
        """Bring *database* to how a new one is: no rows, and the audit's chain at its beginning."""
        tables = self.run(f"SHOW TABLES FROM `{database}`")
        kept = {"alembic_version", "audit_head"}
        names = [str(name) for (name,) in tables if name not in kept]
        self.run(
            "SET foreign_key_checks = 0, innodb_lock_wait_timeout = 10",
            "START TRANSACTION",
            *(f"DELETE FROM `{name}`" for name in names),  # noqa: S608 - our own tables
            "UPDATE audit_head SET last_id = 0, hash = '', key_check = ''",
            "COMMIT",
            database=database,
        )

    def allow(self) -> None:
        """Create the user that the URLs name."""
        self.run(f"GRANT ALL ON *.* TO '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")

    def url_of_plain_user(self, database: str) -> str:
        """Return the address of *database* for a user whom ``read_only`` binds, like Ferry's."""
        plain = "'plain'@'127.0.0.1'"
        self.run(f"GRANT ALL ON `{database}`.* TO {plain} IDENTIFIED BY '{PASSWORD}'")
        return self.url(database).replace(USER, "plain", 1)

    def _connect(self) -> Any:
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", autocommit=True, connect_timeout=5
        )


@contextlib.contextmanager
def private_server(
    settings: Sequence[str] = _QUICK, parent: Path | None = None
) -> Iterator[MariaDB]:
    """Run a MariaDB server for the length of the block; skip the test where there is none.

    Its data lie in memory, or in a new directory in *parent*.
    """
    program = shutil.which("mariadbd", path=_PROGRAMS)
    installer = shutil.which("mariadb-install-db", path=_PROGRAMS)
    if program is None or installer is None:
        pytest.skip("mariadbd is not installed (Debian: apt install mariadb-server).")
    memory = Path("/dev/shm")  # noqa: S108 - a new directory of our own in it
    if parent is None and os.access(memory, os.W_OK):
        parent = memory
    with tempfile.TemporaryDirectory(
        prefix="ferry-mariadb-", dir=parent, ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        server = MariaDB(folder, program, _owner(folder), settings)
        _install(installer, folder, _owner(folder))
        server.start()
        try:
            server.allow()
            yield server
        finally:
            server.stop()


def _owner(folder: Path) -> tuple[str, ...]:
    """Return the option that makes the server run as an ordinary user, also for root."""
    if os.geteuid() != 0:
        return ()
    shutil.chown(folder, "mysql", "mysql")
    return ("--user=mysql",)


def _install(installer: str, folder: Path, owner: tuple[str, ...]) -> None:
    done = subprocess.run(
        [
            installer,
            "--no-defaults",
            *owner,
            f"--datadir={folder / 'data'}",
            "--auth-root-authentication-method=normal",
            # A server that starts clears the temporary tables of all others out of a shared one.
            f"--tmpdir={folder}",
            "--skip-test-db",
            "--skip-name-resolve",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"mariadb-install-db failed:\n{(done.stdout + done.stderr)[-2000:]}")


def free_port() -> int:
    """Return a port of 127.0.0.1 where nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
