"""``ferry trust``: an admin at Ferry's machine compares fingerprints and pins a host's keys."""

import getpass

from bot.offline import services_of
from bot.settings import Settings
from db.model.catalog import Environment
from db.model.errors import InvalidInput
from db.model.people import Person
from executor.rules.host_keys import compare, fingerprints, host_keys, pins_after
from executor.rules.randomart import randomart, side_by_side
from executor.ssh.hostkeys import scan


async def shown(settings: Settings, name: str, given: str) -> tuple[Environment, str]:
    """Return the environment and the keys to pin: *given* (OpenSSH lines), or what its host shows.

    Raises NotFound, InvalidInput for lines that are no keys, AttemptError when the host is away.
    """
    async with services_of(settings) as services:
        environment = await services.catalog.environment(name)
    if given:
        return environment, host_keys(given)
    if environment.proxy_jump:
        raise InvalidInput(
            f"{environment.ssh_host} is behind a jump host, where Ferry cannot look by itself.",
            hint='Give its key: ferry trust NAME --key "ssh-ed25519 AAAA…"',
        )
    keys = await scan(
        environment.ssh_host, environment.ssh_port, timeout_s=settings.connect_timeout_s
    )
    return environment, pins_after(environment.host_key, [key.line for key in keys])


async def pin(settings: Settings, name: str, lines: str) -> None:
    """Pin *lines* in place of what was pinned; runs that wait with the old ones will not start."""
    async with services_of(settings) as services:
        operator = Person(f"cli:{getpass.getuser()}")
        await services.catalog.trust_host_key(name, lines, operator)


def comparison(environment: Environment, lines: str) -> str:
    """Return what is pinned and what would be, as ``ssh-keygen -lv`` tells it."""
    shown_now = [line for line in lines.splitlines() if not line.startswith("@")]
    pictures: list[str] = []
    for pair in compare(environment.host_key, shown_now).pairs:
        sides = " and ".join(
            word for word, key in (("pinned", pair.pinned), ("shown", pair.shown)) if key
        )
        drawn = side_by_side(randomart(pair.pinned), randomart(pair.shown))
        pictures += [f"  {pair.algorithm}, {sides}:", *(f"  {row}" for row in drawn)]
    return (
        f"{environment.name} ({environment.ssh_host}:{environment.ssh_port})\n"
        f"  pinned: {fingerprints(environment.host_key)}\n"
        f"  shown:  {fingerprints(lines)}\n"
    ) + "\n".join(pictures)
