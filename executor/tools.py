"""What every run works with; one set a process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from executor.services.log_writer import LogWriter
from executor.services.queue import Queue
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The queue, the writer, the way to the hosts, secrets and the clock."""

    queue: Queue
    writer: LogWriter
    hosts: Hosts
    resolver: Resolver
    read_secret: Callable[[str], str]
    clock: Callable[[], datetime]
    max_bytes: int = 1 << 30  #: kept of each of a script's streams, there and here
