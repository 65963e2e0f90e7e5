"""A secret reaches the script's environment, and nothing that anybody keeps or sees."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.offline import services_of
from db.model.catalog import RetryPolicy
from db.model.categories import Category
from db.model.execution import Status
from playground.server import PlaygroundSlack
from tests.acceptance.furnishing import furnish
from tests.acceptance.house import House, house_of, running, settings
from tests.acceptance.looking import (
    eventually,
    newest,
    number_of,
    processes,
    says,
    until_true,
)
from tests.support.sshd import Sshd
from tests.support.world import PRODUCTION, STAGING

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRET = "s3cr3t-Zm9vYmFy-9"
TEXT = """\
printf %s "$API_TOKEN" >"$HOME/token-seen"
echo "the token is $API_TOKEN, alas"
echo "warning: $API_TOKEN" >&2
while [ ! -e "$HOME/token-done" ]; do sleep 0.05; done
echo "::result token=$API_TOKEN"
"""


async def test_secret_goes_by_environment_only(ferry: House, tmp_path: Path) -> None:
    """Not on the card, in the plan, the log, the database, argv, or a file on the host."""
    kept = tmp_path / "token"
    kept.write_text(f"{SECRET}\n")
    await ferry.job("with-token", TEXT, f"token: secret(file:{kept}) env=API_TOKEN")
    seen, done = ferry.host.home / "token-seen", ferry.host.home / "token-done"

    card = await ferry.asks(ferry.bruno, PRODUCTION, "with-token")
    asked = await ferry.shown(card)
    await ferry.bruno.clicks(card, "Run on production", confirm=True)
    await until_true(seen.exists, "the script has begun")
    await until_true(lambda: seen.read_text() == SECRET, "the script has the secret")
    printed = {"out", "err"}
    await until_true(
        lambda: printed <= {path.name for path in _holding(ferry.host.home, SECRET)}, "it printed"
    )
    in_sight = processes(SECRET)
    on_disk = _holding(ferry.host.home, SECRET) - {seen}
    done.touch()
    execution = await ferry.over(card)
    log = await ferry.log_file(card)

    assert execution.status is Status.SUCCEEDED
    assert "API_TOKEN" in asked
    assert in_sight == []
    # What the script itself printed waits there, for Ferry to mask it, until the run is over.
    assert {path.name for path in on_disk} == printed
    assert "the token is" in log
    assert SECRET not in log
    assert SECRET not in repr(ferry.rows())
    state = await ferry.ana.state()
    assert SECRET not in json.dumps([state, ferry.slack.control.calls()], default=str)
    assert _holding(ferry.host.home, SECRET) == {seen}


async def test_secret_that_is_not_there(ferry: House, tmp_path: Path) -> None:
    """Named with its reference; nothing starts. Nobody may type one in Slack either."""
    await ferry.job("no-token", 'touch "$HOME/ran"', f"token: secret(file:{tmp_path}/no) env=TOKEN")
    channel = await ferry.channel()
    before = await newest(ferry.bruno, channel)

    told = await ferry.answer(
        ferry.bruno, channel, "/migrate run no-token token=x", "never type secrets into Slack"
    )
    card = await ferry.asks(ferry.bruno, channel, "no-token")
    execution = await ferry.over(card)

    assert "leave it out" in told
    assert card["ts"] > before
    assert execution.error_category is Category.SECRET_UNAVAILABLE
    says(await ferry.shown(card), f"{tmp_path}/no")
    assert not (ferry.host.home / "ran").exists()


def _holding(folder: Path, text: str) -> set[Path]:
    """Return the files under *folder* that *text* is in."""
    return {
        path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()
    }


async def test_secret_that_is_gone_after_a_restart_ends_no_script(
    sshd: Sshd, tmp_path: Path
) -> None:
    """It runs on and is not run again; once the secret is back its output is stored, masked."""
    kept = tmp_path / "token"
    kept.write_text(SECRET)
    text = 'echo x >>"$HOME/runs-gone"; ' + TEXT.replace("token-done", "token-back")
    slack = PlaygroundSlack()
    await slack.start()
    given = settings(slack, tmp_path)
    try:
        async with services_of(given) as services:
            await furnish(services, sshd.host)
            ferry = house_of(slack, given, services, sshd.host)
            again = RetryPolicy(attempts=3, delay_s=1, categories=(Category.SECRET_UNAVAILABLE,))
            secret = f"token: secret(file:{kept}) env=API_TOKEN"
            await ferry.job("with-secret", text, secret, retry=again)
            async with running(given):
                card = await ferry.asks(ferry.bruno, STAGING, "with-secret")
                number = number_of(card)
                runs = sshd.host.home / "runs-gone"
                await until_true(runs.exists, "the script runs")

                async def begun() -> bool | None:
                    return (await services.history.execution(number)).begun_at is not None or None

                await eventually(begun, "that is recorded")
            kept.unlink()
            async with running(given) as bot:
                await asyncio.sleep(3)  # longer than a retry would wait
                meanwhile = await bot.services.history.execution(number)
                kept.write_text(SECRET)
                (sshd.host.home / "token-back").touch()
                execution = await ferry.over(card)
                lines = await ferry.lines(number)
    finally:
        await slack.stop()

    assert (meanwhile.status, meanwhile.attempt) == (Status.RUNNING, 1)
    assert (execution.status, execution.attempt) == (Status.SUCCEEDED, 1)
    assert runs.read_text() == "x\n"
    assert SECRET not in repr(lines)
    assert "the token is •••, alas" in lines
