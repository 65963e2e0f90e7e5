"""Every class of the process is made here, once, and gets what it needs by its constructor.

No I/O but to read the key file; ``Bot.run`` does the rest.
"""

import asyncio
import os
import socket
import uuid
from datetime import timedelta

from bot.app import Bot
from bot.clock import utc_now
from bot.key_file import read_keys
from bot.secret_refs import read_secret
from bot.settings import Settings
from db.database import Database
from executor.janitor import Janitor
from executor.leftovers import Leftovers
from executor.preflight import Preflight
from executor.services import Ground
from executor.services import build as build_services
from executor.services.log_writer import LogWriter
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver
from executor.tools import Tools
from executor.worker import Worker


def build(settings: Settings) -> Bot:
    """Return the bot, wired and at rest; InvalidInput for a key file that is no good."""
    keys = read_keys(settings.key_file)
    ground = Ground(
        db=Database(settings.database_url, clock=utc_now, audit_key=keys.audit),
        keys=keys,
        clock=utc_now,
        admins=settings.admins,
        confirm_within=timedelta(minutes=settings.confirm_within_min),
    )
    services = build_services(ground)
    writer = LogWriter(ground)
    hosts = Hosts(connect_timeout_s=settings.connect_timeout_s, read_secret=read_secret)
    resolver = Resolver(hosts)
    tools = Tools(
        queue=services.queue,
        records=services.records,
        preflights=services.preflights,
        voids=services.voids,
        writer=writer,
        hosts=hosts,
        resolver=resolver,
        read_secret=read_secret,
        clock=utc_now,
        max_bytes=settings.output_limit_mb * 1_000_000,
    )
    worker = Worker(
        tools,
        name=_worker_name(),
        slots=settings.worker_slots,
        lease_s=settings.worker_lease_s,
    )
    return Bot(
        settings=settings,
        ground=ground,
        services=services,
        writer=writer,
        hosts=hosts,
        resolver=resolver,
        worker=worker,
        preflight=Preflight(services.preflights, hosts, resolver, clock=utc_now),
        janitor=Janitor(services.confirmations, services.queue, services.locks, Leftovers(tools)),
        ready=asyncio.Event(),
    )


def _worker_name() -> str:
    return f"{socket.gethostname()[:32]}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
