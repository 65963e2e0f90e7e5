"""``python -m playground``: a Slack to look at, until Ctrl+C."""

import argparse
import asyncio
import contextlib
import signal

from playground.server import PlaygroundSlack


async def serve(port: int) -> None:
    """Serve until the process is asked to stop."""
    slack = PlaygroundSlack(port)
    try:
        await slack.start()
    except OSError as error:
        raise SystemExit(f"Port {port} cannot be used: {error.strerror}. Try --port 0.") from None
    print(f"Slack playground: {slack.url}/")  # noqa: T201 - it is what a person waits for
    print(f"For the bot: SLACK_API_URL={slack.api_url}", flush=True)  # noqa: T201 - the same
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
    await slack.stop()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="python -m playground", description=__doc__)
    parser.add_argument("--port", type=int, default=8123, help="0 takes a free one")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
