"""A secret reaches the script's environment, and nothing that anybody keeps or sees."""

import json
from pathlib import Path

import pytest

from db.model.categories import Category
from db.model.execution import Status
from tests.acceptance.house import House
from tests.acceptance.looking import newest, processes, says, until_true
from tests.support.world import PRODUCTION

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
    in_sight = processes(SECRET)
    on_disk = _holding(ferry.host.home, SECRET) - {seen}
    done.touch()
    execution = await ferry.over(card)
    log = await ferry.log_file(card)

    assert execution.status is Status.SUCCEEDED
    assert "API_TOKEN" in asked
    assert in_sight == []
    # What the script itself printed waits there, for Ferry to mask it, until the run is over.
    assert {path.name for path in on_disk} == {"out", "err"}
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
