"""What Ferry leans on goes away, or was never set up: said in words, and nothing is lost."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.wiring import build
from db.model.errors import InvalidInput
from db.model.execution import Status
from db.model.output import Stream
from playground.server import PlaygroundSlack
from tests.acceptance.counting import counts
from tests.acceptance.house import House, furnished, settings
from tests.acceptance.looking import PATIENCE_S, Json, eventually, newest, number_of, says
from tests.acceptance.process import refusal, served
from tests.support.mariadb import MariaDB
from tests.support.sshd import Sshd, free_port
from tests.support.world import PRODUCTION, STAGING

TOKENS = {"SLACK_BOT_TOKEN": "xoxb-playground", "SLACK_APP_TOKEN": "xapp-playground"}


@pytest.fixture
async def slack() -> AsyncIterator[PlaygroundSlack]:
    """Have a Slack that nobody has connected to."""
    slack = PlaygroundSlack()
    await slack.start()
    yield slack
    await slack.stop()


# -- at the start ------------------------------------------------------------------------------


async def test_missing_settings(tmp_path: Path) -> None:
    """All are named at once, each with an example and where to find it."""
    text = await refusal(tmp_path)

    assert "FERRY_SLACK_BOT_TOKEN=xoxb-" in text
    assert "FERRY_SLACK_APP_TOKEN=xapp-" in text
    assert "https://api.slack.com/apps" in text
    assert "ferry demo" in text
    assert not (tmp_path / "ferry.db").exists()


def test_wrong_settings() -> None:
    """All are named at once, with what they may be, but no password is repeated."""
    wrong = {
        "FERRY_WORKER_SLOTS": "many",
        "FERRY_CONFIRM_WITHIN_MIN": "0",
        "FERRY_DATABASE_URL": "postgresql://ferry:hunter2@db/ferry",
        "FERRY_LOG_FORMAT": "xml",
    }

    ended = CliRunner(env=wrong).invoke(main, ["serve"])

    assert ended.exit_code == 1
    says(ended.output, *wrong, "sqlite:///", "mysql://…")
    assert "hunter2" not in ended.output


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param(
            {"slack_bot_token": "xoxb-wrong", "slack_app_token": "xapp-wrong"},
            ["the bot token (invalid_auth)", "the app-level token (invalid_auth)"],
            id="unknown to Slack",
        ),
        pytest.param(
            {"slack_bot_token": "xapp-playground", "slack_app_token": "xoxb-playground"},
            ["are the two swapped?", "OAuth & Permissions", "App-Level Tokens"],
            id="swapped",
        ),
    ],
)
async def test_bad_tokens(
    slack: PlaygroundSlack, tmp_path: Path, wrong: dict[str, str], words: list[str]
) -> None:
    """Ferry says which token is bad and where the right one is, and does not try for ever."""
    bot = build(settings(slack, tmp_path, **wrong))

    with pytest.raises(InvalidInput) as refused:
        await asyncio.wait_for(bot.run(asyncio.Event()), PATIENCE_S)

    says(refused.value.message, *words)
    for token in wrong.values():
        assert token not in refused.value.message
    assert slack.core.sockets.count == 0


async def test_database_away_at_the_start(slack: PlaygroundSlack, tmp_path: Path) -> None:
    """It is said before anybody in Slack is told that Ferry is there."""
    url = f"mysql://ferry:hunter2@127.0.0.1:{free_port()}/ferry"

    text = await refusal(tmp_path, SLACK_API_URL=slack.api_url, DATABASE_URL=url, **TOKENS)

    assert "database" in text
    assert "hunter2" not in text
    assert slack.control.calls() == []


# -- in the middle -----------------------------------------------------------------------------


@pytest.mark.mariadb
async def test_database_away_in_mid_run(mariadb: MariaDB, sshd: Sshd, tmp_path: Path) -> None:
    """The script goes on; clicks and commands are told; then every line is stored once."""
    url = mariadb.create("ferry_outage")
    async with furnished(tmp_path, sshd.host, database_url=url, worker_lease_s=3.0) as ferry:
        counting = await counts(ferry, "no-database", await ferry.channel())
        waiting = await ferry.asks(ferry.bruno, PRODUCTION, "count-aloud nothing")
        await ferry.quiet()
        mariadb.stop()
        try:
            before = await newest(ferry.bruno, PRODUCTION)
            await ferry.bruno.clicks(waiting, "Run on production", confirm=True)
            told = "database does not answer right now; nothing was changed"
            await ferry.bruno.told(PRODUCTION, told, timeout=PATIENCE_S, after=before)
            await ferry.answer(ferry.bruno, STAGING, "/migrate run count-aloud x", told)
            await counting.goes_on(100)
        finally:
            mariadb.start()
        await counting.is_stored()
        execution = await counting.ends()
        recent = await ferry.services.history.recent()

        assert execution.status is Status.SUCCEEDED
        assert [(each.id, each.status) for each in recent] == [
            (2, Status.AWAITING_CONFIRMATION),
            (1, Status.SUCCEEDED),
        ]
        says(await ferry.shown(counting.card), "Succeeded")
        posts = await ferry.thread(counting.card)
        assert [("started" in post, "succeeded" in post) for post in posts] == [
            (True, False),
            (False, True),
            (False, False),  # the log
        ]


@pytest.mark.mariadb
async def test_a_script_that_speaks_while_the_database_is_away_is_not_silent(
    mariadb: MariaDB, sshd: Sshd, tmp_path: Path
) -> None:
    """Nobody can read what it says meanwhile, but that is not its fault."""
    url = mariadb.create("ferry_deaf")
    text = 'until [ -e "$HOME/heard" ]; do echo word; sleep 0.2; done'
    async with served(tmp_path, sshd.host, database_url=url, WORKER_LEASE_S="3") as (ferry, _):
        await ferry.job("speaker", text, silence_s=2)
        card = await ferry.asks(ferry.bruno, await ferry.channel(), "speaker")
        await eventually(lambda: _more(ferry, card, 0), "it is heard")
        mariadb.stop()
        await asyncio.sleep(5)  # its silence would be too long
        mariadb.start()
        before = len(await _lines(ferry, card))
        await eventually(
            lambda: _more(ferry, card, before), "what it said meanwhile is stored, too"
        )
        (ferry.host.home / "heard").touch()
        execution = await ferry.over(card)

        assert execution.status is Status.SUCCEEDED
        assert "script_silent" not in (tmp_path / "stderr-1").read_text()


async def _lines(ferry: House, card: Json) -> list[str]:
    return await ferry.lines(number_of(card), Stream.OUT)


async def _more(ferry: House, card: Json, before: int) -> bool | None:
    return len(await _lines(ferry, card)) > before or None


async def test_slack_away_in_mid_run(sshd: Sshd, tmp_path: Path) -> None:
    """The run ends while Slack is away; afterwards the one card is true, nothing is said twice."""
    async with furnished(tmp_path, sshd.host) as ferry:
        counting = await counts(ferry, "no-slack", await ferry.channel())
        await ferry.slack.control.outage({"on": True})
        await counting.goes_on()
        (counting.folder / "enough").touch()

        async def is_over() -> bool | None:
            execution = await ferry.services.history.execution(counting.number)
            return execution.status.is_over or None

        await eventually(is_over, "the run is over")
        stale = await ferry.shown(counting.card)
        await ferry.slack.control.outage({"on": False})
        execution = await counting.ends()

        says(stale, "running")
        assert execution.status is Status.SUCCEEDED
        says(await ferry.shown(counting.card), "Succeeded")
        posts = await ferry.thread(counting.card)
        # Whether Slack still heard of the start depends on the moment it went away.
        assert [post for post in posts if "started on" not in post] == posts[-2:]
        assert "succeeded in" in posts[-2]
        assert "Log of" in posts[-1]
        assert len(posts) <= 3


@pytest.mark.mariadb
async def test_a_stop_is_over_in_time_also_while_the_database_hangs(
    mariadb: MariaDB, sshd: Sshd, tmp_path: Path
) -> None:
    """Its runs go on at their hosts, so nothing is lost by not waiting for it."""
    url = mariadb.create("ferry_hangs")
    variables = {"WORKER_LEASE_S": "2", "STOP_WITHIN_S": "3"}
    async with served(tmp_path, sshd.host, database_url=url, **variables) as (ferry, serve):
        counting = await counts(ferry, "hangs", await ferry.channel())
        mariadb.pause()
        try:
            began = time.monotonic()
            status = await serve.stop()
            lasted = time.monotonic() - began
        finally:
            mariadb.resume()
        await counting.goes_on()
        await serve.start()
        await counting.is_stored()
        execution = await counting.ends()

        assert status == 1
        assert lasted < 10
        assert "stop_took_too_long" in (tmp_path / "stderr-1").read_text()
        assert execution.status is Status.SUCCEEDED
