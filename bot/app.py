"""The wiring: every class is made here, once, and gets what it needs by its constructor.

``build`` does no I/O; ``Bot.run`` does, and owns the order of starting and stopping.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import aiohttp
import structlog

import handlers
from bot.clock import utc_now
from bot.secret_refs import read_secret
from bot.settings import Settings, SlackMode
from db.database import Database
from db.migrations import upgrade
from executor.janitor import Janitor
from executor.run import Tools
from executor.services import Ground, Services
from executor.services import build as build_services
from executor.services.log_writer import LogWriter
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver
from executor.worker import Worker
