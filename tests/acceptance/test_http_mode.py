"""Behind a public address: Slack's signed requests do the same as its socket."""

import time
from pathlib import Path

from aiohttp import ClientSession

from bot.settings import SlackMode
from db.model.execution import Status
from playground import cast
from tests.acceptance.house import furnished
from tests.support.sshd import Sshd, free_port
from tests.support.world import STAGING


async def test_run_by_signed_http(sshd: Sshd, tmp_path: Path) -> None:
    """A command, a form and its answer go by HTTP; who cannot sign is turned away."""
    port = free_port()
    settings = {
        "slack_mode": SlackMode.HTTP,
        "slack_app_token": "",
        "slack_signing_secret": cast.SIGNING_SECRET,
        "http_host": "127.0.0.1",
        "http_port": port,
    }
    async with furnished(tmp_path, sshd.host, **settings) as ferry:
        target = f"http://127.0.0.1:{port}/slack/events"
        ferry.slack.http_target = target
        await ferry.job("greet", 'echo "hello $1"', "name: text")

        await ferry.answer(ferry.bruno, STAGING, "/migrate rnu", "Did you mean run?")
        await ferry.bruno.types(STAGING, "/migrate run greet")
        view = await ferry.bruno.modal("Run a job")
        errors = await ferry.bruno.submits(await ferry.bruno.fills(view, {"name": "Ana"}))
        card = await ferry.bruno.sees(STAGING, "greet on staging")
        execution = await ferry.over(card)
        unsigned = await _post(target, {"X-Slack-Signature": "v0=forged"})
        bare = await _post(target, {})

        assert errors == {}
        assert execution.status is Status.SUCCEEDED
        assert await ferry.lines(execution.id) == ["hello Ana"]
        assert (unsigned, bare) == (401, 401)
        assert len(await ferry.services.history.recent()) == 1
        assert ferry.slack.core.sockets.count == 0


async def _post(url: str, headers: dict[str, str]) -> int:
    form = {"command": "/migrate", "text": "run greet Eve", "team_id": "T0FERRY"}
    stamp = {"X-Slack-Request-Timestamp": str(int(time.time()))}
    async with (
        ClientSession() as session,
        session.post(url, data=form, headers=stamp | headers) as answer,
    ):
        return answer.status
