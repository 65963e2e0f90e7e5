"""The second floor: all that speaks Slack.

In: a request comes through ``connection`` (Socket Mode or HTTP) into Bolt. ``routes`` says which
listener it is for, ``door`` what that asks of a person, ``errors`` guards the listener (the ack
gets out, failures become words),
``parsing`` turns the payload into a typed request, and a listener in ``listeners/`` asks one
service and answers through ``replies``. Out: ``reporter`` reads news and renders cards, ``outbox``
sends them. How anything looks is in ``views/``: pure functions from values to blocks.
"""

from collections.abc import Callable
from datetime import datetime

from slack_bolt.app.async_app import AsyncApp

from executor.services import Services
from handlers.door import Door
from handlers.errors import Guard
from handlers.groups import Groups
from handlers.guests import Guests
from handlers.listeners import (
    audit,
    bindings,
    break_glass,
    confirmations,
    environments,
    executions,
    freezes,
    grants,
    help,  # noqa: A004 - the noun
    host_keys,
    jobs,
    locks,
    plans,
    queue,
    run_forms,
    runs,
    second_factors,
    sources,
)
from handlers.listeners.environments import LogIn, Scan
from handlers.listeners.plans import LookAt
from handlers.routes import Routes
from handlers.secret_letters import SecretLetters
from handlers.work import Work
from handlers.zones import Zones


def register(
    app: AsyncApp,
    services: Services,
    *,
    team_id: str,
    scan: Scan,
    log_in: LogIn,
    look_at: LookAt,
    clock: Callable[[], datetime],
    work: Work,
) -> Routes:
    """Let *app* answer everything that Ferry knows; return the ways in.

    *team_id*: whose people are answered; *scan*: asks a host for its keys;
    *log_in*: tries an environment's login; *look_at*: measures a plan on its host;
    *work*: what a stop waits for.
    """
    services = services.veiled  # so that no view can show a personal value
    guests = Guests(app.client, clock)
    groups = Groups(app.client, clock, services.access.named_groups)
    guard = Guard(work, team_id=team_id, admit=guests.admit)
    routes = Routes(app, guard, Door(services.access, groups))
    help.register(routes, services, clock=clock)
    runs.register(routes, services)
    run_forms.register(routes, services)
    plans.register(routes, services, look_at=look_at)
    confirmations.register(routes, services)
    break_glass.register(routes, services)
    second_factors.register(routes, services, letters=SecretLetters(app.client))
    executions.register(routes, services, clock=clock)
    queue.register(routes, services, clock=clock)
    bindings.register(routes, services)
    environments.register(routes, services, scan=scan, log_in=log_in, groups=groups)
    sources.register(routes, services)
    jobs.register(routes, services)
    zones = Zones(app.client)
    locks.register(routes, services, zones=zones, clock=clock)
    freezes.register(routes, services, zones=zones)
    grants.register(routes, services, guests=guests, groups=groups)
    audit.register(routes, services)
    host_keys.register(routes, services, scan=scan, log_in=log_in)
    return routes
