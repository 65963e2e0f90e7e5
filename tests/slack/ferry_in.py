"""Ferry's listeners over real services, connected to the playground."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from db.database import Database
from db.model.catalog import Environment
from db.model.categories import Category
from db.model.errors import AttemptError
from db.model.execution import Check, CheckState, Plan
from db.model.grants import Holder, Role
from executor.services import Ask, Ground, Services, build
from executor.ssh.hostkeys import HostKey
from executor.ssh.look import Look
from handlers.connection import SocketMode, slack_app
from handlers.listeners.environments import Scan
from handlers.routes import Routes
from handlers.work import Work
from playground.cast import TEAM_ID
from playground.server import PlaygroundSlack
from tests.support.database import Clock
from tests.support.executions import MEASURED
from tests.support.waiting import until
from tests.support.world import ANA, BRUNO, STAGING, another

KEY = HostKey(
    algorithm="ssh-ed25519",
    fingerprint="SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDfM1ALgSbKYMxt4qU",
    line="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
)


async def scan(host: str, _port: int) -> Sequence[HostKey]:
    """Show one key, or do not answer."""
    if host == "down.example.com":
        raise AttemptError(
            Category.CONNECTION_ERROR, "down.example.com does not answer.", hint="Is it up?"
        )
    return [KEY]


async def log_in(environment: Environment) -> None:
    """Let everybody in but one."""
    if environment.ssh_user == "nobody":
        raise AttemptError(
            Category.AUTHENTICATION_ERROR, "The host did not let nobody in.", hint="Check the key."
        )


async def look_at(environment: Environment, _plan: Plan) -> Look:
    """Find everything in order, or nothing at all."""
    if environment.ssh_host == "down.example.com":
        away = Check(name="reachable", state=CheckState.FAILED, words="it does not answer")
        return Look(checks=(away,), measured=None)
    good = Check(name="script", state=CheckState.GOOD, words="is there")
    return Look(checks=(good,), measured=MEASURED)


@dataclass(frozen=True)
class In:
    """What a test may look at."""

    app: AsyncApp
    services: Services
    work: Work
    routes: Routes
    clock: Clock
    database: Database

    async def approve(self, person: str, environment: str) -> None:
        """Make *person* an approver there."""
        where = (await self.services.catalog.environment(environment)).id
        async with self.database.begin() as repos:
            await repos.grants.put(Holder.PERSON, person, where, Role.APPROVER, ANA.user_id)


def listening(
    client: AsyncWebClient,
    database: Database,
    clock: Clock,
    secret: str = "",
    look: Scan = scan,
) -> In:
    """Return Ferry's listeners over *database*; Ana is the admin, *look* asks hosts for keys."""
    admins = frozenset({ANA.user_id})
    services = build(Ground(db=database, clock=clock, admins=admins))
    app, work = slack_app(client, signing_secret=secret), Work()
    routes = handlers.register(
        app,
        services,
        team_id=TEAM_ID,
        scan=look,
        log_in=log_in,
        look_at=look_at,
        clock=clock,
        work=work,
    )
    return In(app, services, work, routes, clock, database)


@asynccontextmanager
async def connected(ferry: In, slack: PlaygroundSlack) -> AsyncIterator[None]:
    """Be connected by Socket Mode."""
    stop = asyncio.Event()
    socket_mode = SocketMode(ferry.app, slack.app_token, ferry.work, sockets=1)
    running = asyncio.create_task(socket_mode.run(stop, drain_s=2.0))
    await until(lambda: slack.core.sockets.count == 1, "connected")
    yield
    stop.set()
    await running


async def launched(ferry: In, channel: str = STAGING) -> int:
    """Launch a run; return its number."""
    ask = Ask(job="import-patients", values=another(), channel_id=channel, by=BRUNO)
    return (await ferry.services.launcher.launch(ask)).id
