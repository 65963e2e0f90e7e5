"""A personal value is where the run needs it, and in Slack only as a hint; secrets are nowhere."""

import json
from pathlib import Path

import pytest

from bot.offline import log_of
from db.model.execution import Status
from db.model.output import Stream
from tests.acceptance.house import House
from tests.acceptance.looking import says
from tests.support.world import PRODUCTION, STAGING

pytestmark = pytest.mark.asyncio(loop_scope="module")
RAW = "4432071"
PERSONAL = """\
echo "::progress 1/2 patient $1"
echo "looking for patient $1 (https://h/?id=%34432071)"
echo "::result patient=$1"
printf '%s' "$1" >"$HOME/seen"
echo "Error: no such patient: $1" >&2
exit 3
"""
SECRET = "s3cr3t/Zm9v+YmFy=9"
ENCODED = """\
encoded=$(printf '%s' "user:$API_TOKEN" | base64)
printf 'Authorization: Basic %s' "$(printf %.10s "$encoded")"
sleep 0.4
printf '%s\\n' "${encoded#??????????}"
printf '%s' "$API_TOKEN" | od -An -tx1 | tr -d ' \\n'; echo
echo "::result header=$encoded"
echo "Error: curl https://h/?t=s3cr3t%2FZm9v%2bYmFy%3D9" >&2
exit 3
"""


async def test_personal_value_is_only_hinted_at_in_slack(ferry: House) -> None:
    """On the card, in its dialog, thread, file and lists; the script, and the terminal, have it."""
    await ferry.job("fix", PERSONAL, "patient-id: integer personal")

    card = await ferry.asks(ferry.bruno, PRODUCTION, f"fix patient-id={RAW} reason=for-{RAW}")
    asked = await ferry.shown(card)
    await ferry.bruno.clicks(card, "Run on production", confirm=True)
    execution = await ferry.over(card)
    told = [await ferry.shown(card), *await ferry.thread(card), await ferry.log_file(card)]
    found = await ferry.answer(
        ferry.bruno, PRODUCTION, f"/migrate history patient-id={RAW}", "Last runs with"
    )
    sent = json.dumps([await ferry.ana.state(), ferry.slack.control.calls()], default=str)
    at_the_terminal = "".join([text async for text in log_of(ferry.settings, execution.id)])

    assert execution.status is Status.FAILED
    assert (ferry.host.home / "seen").read_text() == RAW
    says(asked, "patient-id = 4•••71 (#")
    says(asked, "argument 1:")
    says(told[0], "no such patient: 4•••71 (#")
    says(told[-1], "looking for patient 4•••71 (#")
    says(found, f"#{execution.id} fix")
    assert RAW not in sent
    assert f"looking for patient {RAW}" in at_the_terminal


async def test_personal_value_is_revealed_to_who_may_see_it(ferry: House) -> None:
    """Bruno typed it and may not look it up; Ana may, and nothing of it stays in the channel."""
    await ferry.job("fix-it", "echo done", "patient-id: integer personal")
    card = await ferry.asks(ferry.bruno, STAGING, f"fix-it patient-id={RAW}9")
    execution = await ferry.over(card)
    (now,) = await ferry.cards(card)

    await ferry.bruno.clicks(now, "Reveal patient-id")
    refused = await ferry.bruno.told(STAGING, "You may not reveal a personal value")
    await ferry.ana.clicks(now, "Reveal patient-id")
    seen = await ferry.ana.told(STAGING, f"The personal values of #{execution.id}")

    assert f"{RAW}9" not in str(refused)
    assert f"patient-id = {RAW}9" in str(seen["blocks"])
    assert f"{RAW}9" not in json.dumps((await ferry.ana.state(STAGING))["messages"])
    events = [row for row in ferry.rows()["audit_events"] if "value.revealed" in row]
    assert len(events) == 1
    assert f"{RAW}9" not in repr(events)


async def test_secret_is_masked_however_it_is_printed(ferry: House, tmp_path: Path) -> None:
    """In base64 that comes in two pieces, in hex, in a URL; in results and in the error."""
    kept = tmp_path / "token"
    kept.write_text(SECRET)
    await ferry.job("encodes", ENCODED, f"token: secret(file:{kept}) env=API_TOKEN")

    card = await ferry.asks(ferry.bruno, STAGING, "encodes")
    execution = await ferry.over(card)

    lines = await ferry.lines(execution.id, Stream.OUT)  # what comes between is on its way, too
    assert lines[:2] == ["Authorization: Basic •••", "•••"]
    assert execution.result == {"header": "•••"}
    assert execution.error_message.endswith("`Error: curl https://h/?t=•••`")
    stored = repr(ferry.rows())
    for piece in (SECRET, "czNjcjN0L1pt", "N0L1ptOXYrWW", "M2NyM3QvWm05", SECRET.encode().hex()):
        assert piece not in stored


async def test_secret_that_is_too_short_to_be_hidden_starts_nothing(
    ferry: House, tmp_path: Path
) -> None:
    """It would stand in too many words; what is wrong is said, the secret is not."""
    kept = tmp_path / "pin"
    kept.write_text("q7z\n")
    await ferry.job("short", "touch $HOME/short-ran", f"pin: secret(file:{kept}) env=PIN")

    card = await ferry.asks(ferry.bruno, STAGING, "short")
    execution = await ferry.over(card)

    assert "less than 4 characters" in execution.error_message
    assert "q7z" not in await ferry.shown(card)
    assert not (ferry.host.home / "short-ran").exists()
