"""``python -m playground`` as a person starts it."""

import asyncio
import sys

from aiohttp import ClientSession

from playground.server import PlaygroundSlack


async def test_it_prints_its_address_serves_and_ends_on_demand() -> None:
    """The first line is where to look; TERM is a clean end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "playground", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        url = (await process.stdout.readline()).decode().split()[-1]

        async with ClientSession() as session, session.get(f"{url}page/state?user=U0ANA") as page:
            assert page.status == 200
        process.terminate()

        assert await process.wait() == 0


async def test_taken_port_is_told_in_a_sentence(slack: PlaygroundSlack) -> None:
    """No traceback, and what to do."""
    port = slack.url.rpartition(":")[2]

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "playground", "--port", port, stderr=asyncio.subprocess.PIPE
    )
    _, told = await process.communicate()

    assert told.decode().startswith(f"Port {port} cannot be used: Address already in use")
    assert told.decode().endswith("Try --port 0.\n")
    assert told.count(b"\n") == 1
    assert process.returncode == 1
