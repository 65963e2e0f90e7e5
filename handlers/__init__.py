"""The second floor: all that speaks Slack.

In: a request comes through ``connection`` (Socket Mode or HTTP) into Bolt. ``routes`` says which
listener it is for, ``errors`` guards that listener (the ack gets out, failures become words),
``parsing`` turns the payload into a typed request, and a listener in ``listeners/`` asks one
service and answers through ``replies``. Out: ``reporter`` reads news and renders cards, ``outbox``
sends them. How anything looks is in ``views/``: pure functions from values to blocks.
"""

from collections.abc import Callable
from datetime import datetime

from slack_bolt.app.async_app import AsyncApp

from executor.services import Services
from handlers.errors import Guard, Work
from handlers.guests import Guests
from handlers.listeners import (
    bindings,
    confirmations,
    environments,
    executions,
    help,  # noqa: A004 - the noun
    jobs,
    queue,
    runs,
    sources,
)
from handlers.listeners.environments import LogIn, Scan
from handlers.routes import Routes


def register(
    app: AsyncApp,
    services: Services,
    *,
    team_id: str,
    scan: Scan,
    log_in: LogIn,
    clock: Callable[[], datetime],
    work: Work,
) -> None:
    """Let *app* answer everything that Ferry knows.

    *team_id*: whose people are answered; *scan*: asks a host for its keys;
    *log_in*: tries an environment's login; *work*: what a stop waits for.
    """
    services = services.veiled  # so that no view can show a personal value
    routes = Routes(app, Guard(work, team_id=team_id, admit=Guests(app.client, clock).admit))
    help.register(routes, services, clock=clock)
    runs.register(routes, services)
    confirmations.register(routes, services)
    executions.register(routes, services, clock=clock)
    queue.register(routes, services, clock=clock)
    bindings.register(routes, services)
    environments.register(routes, services, scan=scan, log_in=log_in)
    sources.register(routes, services)
    jobs.register(routes, services)
