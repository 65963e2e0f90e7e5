"""Behind a public address: Slack's signed requests do the same as its socket."""

import hashlib
import hmac
import time
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import ClientSession

from bot.settings import SlackMode
from db.model.execution import Status
from playground import cast
from playground.delivery import signed
from tests.acceptance.house import furnished
from tests.support.sshd import Sshd, free_port
from tests.support.world import STAGING


async def test_run_by_signed_http(sshd: Sshd, tmp_path: Path) -> None:
    """A command, a form and its answer go by HTTP."""
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

        assert errors == {}
        assert execution.status is Status.SUCCEEDED
        assert await ferry.lines(execution.id) == ["hello Ana"]
        assert len(await ferry.services.history.recent()) == 1
        assert ferry.slack.core.sockets.count == 0


BODY = urlencode(
    {
        "command": "/migrate",
        "text": "run greet name=Eve",
        "team_id": "T0FERRY",
        "user_id": "U0BRUNO",
        "channel_id": STAGING,
        "trigger_id": "1.2.3",
    }
).encode()
FORM = "application/x-www-form-urlencoded"
DEEP = b"[" * 100_000


def _headers(body: bytes, *, age_s: int = 0, secret: str = cast.SIGNING_SECRET) -> dict[str, str]:
    """Return the headers that Slack sends with *body*."""
    moment = str(int(time.time()) - age_s)
    base = b"v0:" + moment.encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    signature = {"X-Slack-Signature": f"v0={digest}", "X-Slack-Request-Timestamp": moment}
    return {"Content-Type": FORM, **signature}


async def test_what_slack_did_not_sign_just_now_does_nothing(sshd: Sshd, tmp_path: Path) -> None:
    """Forged, old, bare, too large, of another kind: each is turned away; a replay starts once."""
    port = free_port()
    settings = {
        "slack_mode": SlackMode.HTTP,
        "slack_app_token": "",
        "slack_signing_secret": cast.SIGNING_SECRET,
        "http_host": "127.0.0.1",
        "http_port": port,
    }
    good = _headers(BODY)
    refused: list[tuple[str, bytes, dict[str, str], int]] = [
        ("forged", BODY, good | {"X-Slack-Signature": "v0=forged"}, 401),
        ("of another secret", BODY, _headers(BODY, secret="no"), 401),
        ("old", BODY, _headers(BODY, age_s=310), 401),
        ("from the future", BODY, _headers(BODY, age_s=-400), 401),
        ("another body", BODY + b"&x=1", good, 401),
        ("no signature", BODY, {"Content-Type": FORM}, 401),
        ("no number", BODY, good | {"X-Slack-Request-Timestamp": "soon"}, 401),
        ("not ASCII", BODY, good | {"X-Slack-Signature": "v0=é"}, 401),
        ("no UTF-8", b"\xff", _headers(b"\xff"), 401),
        ("deep", DEEP, {**_headers(DEEP, secret="no"), "Content-Type": "application/json"}, 401),
        ("of another kind", BODY, good | {"Content-Type": "text/plain"}, 415),
        ("too large", b"x" * 1_100_000, _headers(b"x" * 1_100_000), 413),
        ("a look at the certificate", b"ssl_check=1&token=x", {"Content-Type": FORM}, 200),
    ]
    async with furnished(tmp_path, sshd.host, **settings) as ferry:
        target = f"http://127.0.0.1:{port}/slack/events"
        await ferry.job("greet", 'echo "hello $1"', "name: text")

        answers = {
            what: (await _post(target, body, headers), expected)
            for what, body, headers, expected in refused
        }
        before = await ferry.services.history.recent()
        ferry.slack.http_target = target
        await ferry.over(await ferry.asks(ferry.bruno, STAGING, "greet Eve"))
        recorded = ferry.slack.control._delivery._last
        assert recorded is not None
        headers, body = signed(*recorded)
        twice = [await _post(target, body, headers) for _ in range(2)]
        await ferry.quiet()

        assert {what: got for what, (got, _) in answers.items()} == {
            what: expected for what, (_, expected) in answers.items()
        }
        assert before == []
        assert twice == [200, 200]
        assert len(await ferry.services.history.recent()) == 1


async def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    async with (
        ClientSession() as session,
        session.post(url, data=BytesIO(body), headers=headers) as answer,
    ):
        return answer.status
