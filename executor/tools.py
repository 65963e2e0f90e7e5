"""What every run works with; one set a process."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from executor.services.log_writer import LogWriter
from executor.services.preflights import Preflights
from executor.services.queue import Queue
from executor.services.records import Records
from executor.services.voids import Voids
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The queue and the records, the writer, the way to the hosts, secrets, clock and chance."""

    queue: Queue
    records: Records
    preflights: Preflights
    voids: Voids
    writer: LogWriter
    hosts: Hosts
    resolver: Resolver
    read_secret: Callable[[str], str]
    clock: Callable[[], datetime]
    chance: Callable[[], float] = random.random
    max_bytes: int = 1 << 30  #: kept of each of a script's streams, there and here
